"""Checks: which one a test of pytest is, by the test's own name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def check_of(nodeid: str, cells: Iterable[str]) -> tuple[str, str] | None:
    """Return the cell and the check's id of a test, or None for a test without a cell.

    The parameters of a test on a cell hold the cell's id; what else they hold is the subject.
    """
    path, _, test = nodeid.partition("::")
    name, _, parameters = test.partition("[")
    parameters = parameters.removesuffix("]")
    known = max((cell for cell in cells if _hold(parameters, cell)), key=len, default=None)
    if known is None:
        return None
    before, _, after = f"-{parameters}-".partition(f"-{known}-")
    subject = "-".join(filter(None, (before.removeprefix("-"), after.removesuffix("-"))))
    check = f"{Path(path).stem}::{name}"
    return known, f"{check}[{subject}]" if subject else check


def _hold(parameters: str, cell: str) -> bool:
    return f"-{cell}-" in f"-{parameters}-"
