"""The run that a verb works on."""

from __future__ import annotations

from pathlib import Path

from upgradeproof.errors import HarnessError
from upgradeproof.report import read_run
from upgradeproof.results import Run


def read(path: Path) -> tuple[Run, Path]:
    """Return the run in a folder or a run.json, and its folder. Raises HarnessError for no run."""
    file = path if path.is_file() else path / "run.json"
    if file.is_file():
        return read_run(file), file.parent
    cut_off = any(path.glob("journal/*.jsonl"))
    raise HarnessError(
        f"there is no run in {path}",
        details="its journals are there, and run.json is not" if cut_off else "",
        resolution=f"`upgradeproof report {path}` folds them" if cut_off else "run pytest first",
    )
