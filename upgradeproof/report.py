"""From a run's journals to its reports: run.json first, then every format drawn from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from upgradeproof.errors import HarnessError
from upgradeproof.render import every_format
from upgradeproof.results import Run, fold, read_journals


def report(folders: Sequence[Path], target: Path, templates: Path | None = None) -> Run:
    """Fold the journals of one or many runs' folders into reports in ``target``.

    Shards of one run on several hosts fold into one matrix. ``templates`` is a folder whose files
    hide ours of the same name. Raises HarnessError when there is no
    journal, or the reports can't be written.
    """
    journals = sorted(path for folder in folders for path in folder.glob("journal/*.jsonl"))
    run = fold(read_journals(journals))
    path = target / "run.json"
    try:
        target.mkdir(parents=True, exist_ok=True)
        path.write_text(run.model_dump_json(indent=1), encoding="utf-8")
    except OSError as error:
        raise HarnessError(f"{path} can't be written: {error.strerror}") from None
    for drawn in every_format().values():
        drawn.write(run, target, templates=templates)
    return run


def read_run(path: Path) -> Run:
    """Return the run that a run.json holds. Raises HarnessError when it holds none."""
    try:
        return Run.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise HarnessError(f"{path} is not a run.json: {error}") from None
