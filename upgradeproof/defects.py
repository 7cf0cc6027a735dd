"""Prove the suite itself: plant each defect, run the cell, and see which check catches it."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from upgradeproof.command import run
from upgradeproof.errors import HarnessError, PlanError
from upgradeproof.home import Home
from upgradeproof.plan import Cell, Plan
from upgradeproof.plan.defects import Defect, defect_files, load_defect
from upgradeproof.plan.loading import nearest
from upgradeproof.report import read_run
from upgradeproof.results import Verdict

RUN_TIMEOUT_S = 5400.0
"""Limit of one defect's run; under emulation a cell of the kernel takes five minutes."""


@dataclass(frozen=True, kw_only=True)
class Caught:
    """What became of one defect."""

    defect: str
    title: str
    by: tuple[str, ...]
    """The checks that must see it and did, or the reason that stopped the upgrade."""
    missed: tuple[str, ...]
    """Those that must see it and did not."""
    unrelated: tuple[str, ...]
    """What failed beside them, and is not allowed to."""
    duration_s: float

    @property
    def good(self) -> bool:
        """Tell whether the defect was seen by what must see it, and by nothing unrelated."""
        return bool(self.by) and not self.missed and not self.unrelated


def choose(home: Home, names: Sequence[str]) -> list[tuple[Plan, Path]]:
    """Return the defects of these names, or all. Raises PlanError for a name that there is not."""
    every = [(plan, path) for plan in home.plans for path in defect_files(plan)]
    known = [path.stem for _, path in every]
    for name in names:
        if name not in known:
            raise PlanError(f"there is no defect {name!r}; {nearest(name, known)}")
    if not every:
        raise PlanError(
            "no product has defects", details="looked for defects/*.toml beside each upgrade.toml"
        )
    return [(plan, path) for plan, path in every if not names or path.stem in names]


def try_defect(plan: Plan, path: Path, cell: Cell, reports: Path) -> Caught:
    """Run one cell with one defect in it; checks that want a machine of their own are left out.

    Raises HarnessError when the run left no result.
    """
    defect = load_defect(path)
    started = time.monotonic()
    command = (
        *(sys.executable, "-m", "pytest", "-q", "-m", "not destructive"),
        *(
            f"--plan={plan.folder / 'upgrade.toml'}",
            f"--defect={path}",
            f"--cell={cell.id}",
            f"--reports={reports}",
        ),
    )
    done = run(command, timeout_s=RUN_TIMEOUT_S, check=False)
    try:
        found = read_run(reports / "run.json")
    except HarnessError as error:
        raise HarnessError(
            f"the run with the defect {defect.name} left no result", details=done.tail
        ) from error
    failed = [check for each in found.cells for check in each.checks if _bad(check.verdict)]
    stops = [state.reason for each in found.cells for state in each.states if _bad(state.verdict)]
    return judge(defect, [check.id for check in failed], stops, time.monotonic() - started)


def judge(defect: Defect, failed: Sequence[str], stops: Sequence[str], duration_s: float) -> Caught:
    """Compare what failed with what the defect says; pure.

    Where a state was not reached, its reason is what saw the defect: the checks that failed with it
    only pass it on.
    """
    if stops:
        right = [reason for reason in stops if defect.stops(reason)]
        wrong = [reason.splitlines()[0] for reason in stops if not defect.stops(reason)]
        return Caught(
            defect=defect.name,
            title=defect.title,
            by=tuple(reason.splitlines()[0] for reason in right),
            missed=() if right else tuple(filter(None, (defect.stopped_by, *defect.caught_by))),
            unrelated=tuple(wrong),
            duration_s=duration_s,
        )
    return Caught(
        defect=defect.name,
        title=defect.title,
        by=tuple(check for check in failed if defect.catches(check)),
        missed=tuple(filter(None, (defect.stopped_by, *defect.unseen(failed)))),
        unrelated=tuple(c for c in failed if not defect.catches(c) and not defect.allows(c)),
        duration_s=duration_s,
    )


def table(caught: Sequence[Caught]) -> str:
    """Return the table of defects: what caught each, what else failed, in what time."""
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for name in ("", "defect", "caught by", "time"):
        drawn.add_column(name, overflow="fold")
    for each in caught:
        lines = [*each.by]
        lines += [f"MISSED BY {check}" for check in each.missed]
        lines += [f"and, unrelated, {check}" for check in each.unrelated]
        word = "caught" if each.good else "NOT"
        drawn.add_row(word, each.defect, Text("\n".join(lines)), f"{each.duration_s:.0f} s")
    text = io.StringIO()
    Console(width=140, file=text).print(drawn)
    return text.getvalue()


def _bad(verdict: Verdict) -> bool:
    return verdict in (Verdict.FAILED, Verdict.BROKEN)
