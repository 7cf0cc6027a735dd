"""The run that a verb works on."""

from __future__ import annotations

from pathlib import Path

from upgradeproof.results import Run
from upgradeproof.results.reading import read_run, run_file


def read(path: Path) -> tuple[Run, Path]:
    """Return the run in a folder or a run.json, and its folder. Raises HarnessError for no run."""
    file = run_file(path)
    return read_run(file), file.parent
