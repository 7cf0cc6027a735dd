"""Stage the plan of a case: a copy of its folder, with the changes that every upgrade brings.

Plans have no `include`. What an administrator expects of every upgrade of the distribution is in
one file, `noise.toml`, and is appended to each plan. A trial then runs the copy like any product.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from upgradeproof.defects.catalogue import Entry as DefectEntry
from upgradeproof.defects.catalogue import Trial
from upgradeproof.errors import HarnessError, PlanError
from upgradeproof.field_cases.catalogue import CASE, FOLDER, PLAN, Entry
from upgradeproof.home import Home
from upgradeproof.plan import Cell
from upgradeproof.plan.defects import load_defect

NOISE = "noise.toml"


def stage_case(home: Home, entry: Entry, work: Path) -> Trial:
    """Return the trial of a case, staged below ``work``. Raises PlanError for a wrong plan."""
    path = _stage(home.root, entry.plan, work)
    _copy(entry.folder / CASE, path.parent / CASE)
    cell = _cell(home, path)
    if entry.defect is None:
        return Trial(cell)
    return Trial(cell, DefectEntry(cell.plan, entry.defect, load_defect(entry.defect)))


def stage_twin(home: Home, folder: Path, work: Path) -> Trial:
    """Return the trial of a good twin, staged below ``work``. Raises PlanError for a wrong plan."""
    return Trial(_cell(home, _stage(home.root, folder, work)))


def _stage(root: Path, folder: Path, work: Path) -> Path:
    """Return the plan of a fresh copy of a folder, with the noise appended."""
    target = work / "plan"
    noise = root / FOLDER / NOISE
    try:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__"))
        text = (target / PLAN).read_text(encoding="utf-8")
        if noise.is_file():
            text += noise.read_text(encoding="utf-8")
        (target / PLAN).write_text(text, encoding="utf-8")
    except (OSError, shutil.Error) as error:
        raise HarnessError(f"{folder} can't be copied to {target}: {error}") from None
    return target / PLAN


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise HarnessError(f"{source} can't be copied: {error.strerror}") from None


def _cell(home: Home, path: Path) -> Cell:
    cells = Home(home.root, (path,)).cells
    if len(cells) != 1:
        raise PlanError(
            f"{path}: a case has one cell, and this plan has {len(cells)}",
            resolution="name one platform and one upgrade",
        )
    return cells[0]
