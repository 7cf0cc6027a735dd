"""The catalogue: which defect is tried in which cells, and which good cells run as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from upgradeproof.errors import PlanError
from upgradeproof.home import Home
from upgradeproof.imaging.emulation import slowest_first
from upgradeproof.plan import Cell, Plan
from upgradeproof.plan.defects import Defect, defect_files, load_defect
from upgradeproof.plan.loading import nearest


@dataclass(frozen=True)
class Entry:
    """One known defect of a product."""

    plan: Plan
    path: Path
    defect: Defect


@dataclass(frozen=True)
class Trial:
    """One run of a cell: with an injected defect, or without any."""

    cell: Cell
    entry: Entry | None = None

    @property
    def defect(self) -> str:
        """Return the name of the defect; empty for a good cell."""
        return self.entry.defect.name if self.entry else ""


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What is to be tried."""

    trials: tuple[Trial, ...]
    left_out: tuple[str, ...] = ()
    """Names of the defects that show in none of the chosen cells."""

    @property
    def good_cells(self) -> tuple[Trial, ...]:
        """Return each cell that a defect is injected into, once, without it; slow ones first."""
        cells = {trial.cell.id: trial.cell for trial in self.trials}.values()
        return tuple(Trial(cell) for cell in sorted(cells, key=slowest_first))

    @property
    def in_order(self) -> tuple[Trial, ...]:
        """Return all that is to run, in the order in which workers take it.

        The good cells come first, since they cache the states that the defects are injected into.
        The defects follow in the same order of cells: a worker waits for a state that another one
        builds. Slow cells begin: a long one at the end would leave the other workers without work.
        """
        good = self.good_cells
        place = {trial.cell.id: at for at, trial in enumerate(good)}
        return (*good, *sorted(self.trials, key=lambda trial: place[trial.cell.id]))


def choose(home: Home, names: Sequence[str] = (), globs: Sequence[str] = ()) -> Catalogue:
    """Return the trials of the defects of these names, or of all, in the cells that fit.

    A defect is tried on each platform in the first cell in which it shows. Without names, one that
    shows in no chosen cell is left out. Raises PlanError for a name that there is not, a glob that
    fits no cell, a named defect without a cell, and a defect that shows nowhere at all.
    """
    cells = home.choose(globs)
    trials: list[Trial] = []
    left_out: list[str] = []
    for entry in _entries(home, names):
        # By name: an override gives a cell a plan of its own.
        own = [cell for cell in home.cells if cell.plan.name == entry.plan.name]
        shown = [cell for cell in own if entry.defect.shows_in(cell.id)]
        found = _first_of_each_platform([cell for cell in shown if cell in cells])
        _complain(entry, shown, named=bool(names) and not found, globs=globs)
        trials += (Trial(cell, entry) for cell in found)
        if not found:
            left_out.append(entry.defect.name)
    if not trials:
        raise PlanError(
            f"no defect shows in a cell that fits {' '.join(globs)}",
            resolution="choose others by --cell; each defect names its own in `cells`",
        )
    return Catalogue(trials=tuple(trials), left_out=tuple(left_out))


def _entries(home: Home, names: Sequence[str]) -> list[Entry]:
    files = [(plan, path) for plan in home.plans for path in defect_files(plan)]
    if not files:
        raise PlanError(
            "no product has defects", details="looked for defects/*.toml next to each upgrade.toml"
        )
    known = [path.stem for _, path in files]
    for name in names:
        if name not in known:
            raise PlanError(f"there is no defect {name!r}; {nearest(name, known)}")
    return [
        Entry(plan, path, load_defect(path))
        for plan, path in files
        if not names or path.stem in names
    ]


def _first_of_each_platform(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    found: dict[str, Cell] = {}
    for cell in cells:
        found.setdefault(cell.platform.id, cell)
    return tuple(found.values())


def _complain(entry: Entry, shown: Sequence[Cell], *, named: bool, globs: Sequence[str]) -> None:
    if not shown:
        raise PlanError(
            f"{entry.path}: no cell of {entry.plan.name} fits its `cells`, "
            f"{', '.join(entry.defect.cells)}",
            resolution="`upgradeproof plan` prints all cells",
        )
    if named:
        wanted = " ".join(f"--cell={glob}" for glob in globs)
        raise PlanError(
            f"no cell in which {entry.defect.name} shows fits {wanted}",
            details="\n".join(cell.id for cell in shown),
        )
