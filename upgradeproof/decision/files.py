"""Read what a decision depends on: TOML files, run.json, journals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from upgradeproof.errors import HarnessError, PlanError
from upgradeproof.plan.loading import Model, load
from upgradeproof.results import Run, fold
from upgradeproof.results.journal import Event, parse
from upgradeproof.results.reading import unambiguous

M = TypeVar("M", bound=Model)


def load_file(path: Path, model: type[M], resolution: str) -> M:
    """Return the model in a TOML file; ``resolution`` is for a file that is not there."""
    if not path.exists():
        raise PlanError(f"{path}: there is no such file", resolution=resolution)
    return load(path, model)


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def folded(folder: Path) -> Run:
    """Return the run that the journals of a folder fold into.

    Raises HarnessError for a line that is no event, also the last one: what it recorded is unknown.
    """
    journals = sorted(folder.glob("journal/*.jsonl"))
    if not journals:
        raise HarnessError(
            f"{folder} holds no journal of a run",
            resolution="sign the folder that pytest wrote, with its journal/*.jsonl",
        )
    events = [event for path in journals for event in _events(path, folder)]
    try:
        return fold(events)
    except ValueError as error:  # a state, or a time, that no run has
        raise HarnessError(
            f"the journals of {folder} are not those of a run",
            details=str(error),
            resolution="run the suite again",
        ) from None


def _events(path: Path, folder: Path) -> Iterator[Event]:
    content = path.read_bytes()
    lines = content.splitlines()
    for number, line in enumerate(lines, start=1):
        events = list(parse([line]))
        if events and _is_unambiguous(line):
            yield from events
            continue
        torn = number == len(lines) and not content.endswith(b"\n")
        raise HarnessError(
            f"{path.relative_to(folder)}:{number}: "
            + ("the last line is cut off" if torn else "the line is no event of this version"),
            details="what it recorded is unknown, so the run can't be recomputed",
            resolution="run the suite again, to its end" if torn else "run the suite again",
        )


def _is_unambiguous(line: bytes) -> bool:
    """Return whether every reader of JSON reads the same in a line."""
    try:
        unambiguous(line)
    except ValueError:
        return False
    return True
