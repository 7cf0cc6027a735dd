"""Which check a test is, by the node id that another process of pytest prints."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from upgradeproof.plan.checks import subject_of


def check_of(nodeid: str, cells: Iterable[str]) -> tuple[str, str] | None:
    """Return the cell and the check's id of a test, or None for a test without a cell.

    The parameters of a test on a cell hold the cell's id; what else they hold is the subject.
    """
    path, _, test = nodeid.partition("::")
    name, _, parameters = test.partition("[")
    parameters = parameters.removesuffix("]")
    held = (cell for cell in cells if f"-{cell}-" in f"-{parameters}-")
    if (known := max(held, key=len, default=None)) is None:
        return None
    check, subject = f"{Path(path).stem}::{name}", subject_of(known, parameters)
    return known, f"{check}[{subject}]" if subject else check
