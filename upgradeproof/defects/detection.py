"""The detection: the result of every trial, its numbers, and its record for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import computed_field

from upgradeproof.defects.catalogue import Catalogue, Entry, Trial
from upgradeproof.defects.judgement import Sighting, alarms, judge, why_unknown
from upgradeproof.defects.trial import Ran
from upgradeproof.files import write_result
from upgradeproof.plan import Cell
from upgradeproof.probes.text import clean
from upgradeproof.results import Verdict
from upgradeproof.results.base import Frozen


class Tried(Frozen):
    """The result of one defect in one cell."""

    product: str
    defect: str
    title: str
    cell: str
    platform: str
    verdict: Literal["caught", "not_caught", "broken", "not_run"] = "not_run"
    detected_by: tuple[Sighting, ...] = ()
    missed: tuple[str, ...] = ()
    unrelated: tuple[Sighting, ...] = ()
    problem: str = ""
    """Why nothing is known, where it is ``broken``."""
    duration_s: float | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Return what distinguishes it from every other: its cell's id names the product."""
        return self.defect, self.cell


class GoodCell(Frozen):
    """The result of one cell without a defect."""

    cell: str
    platform: str
    verdict: Literal["good", "false_alarm", "broken", "not_run"] = "not_run"
    checks: int = 0
    false_alarms: tuple[Sighting, ...] = ()
    problem: str = ""
    duration_s: float | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Return what distinguishes it from every other."""
        return "", self.cell


class Totals(Frozen):
    """The numbers of a detection."""

    caught: int
    trials: int
    defects: int
    platforms: int
    false_alarms: int
    good_cells: int
    """Those that ran."""
    broken: int
    """Trials and good cells of which nothing is known."""
    not_run: int
    """Trials and good cells that did not run: the detection was interrupted."""


class Detection(Frozen):
    """All that was to be tried, and what is known of it so far."""

    schema_version: Literal[1] = 1
    started_at: str
    duration_s: float = 0.0
    left_out: tuple[str, ...] = ()
    """Names of the defects that show in none of the chosen cells."""
    trials: tuple[Tried, ...]
    good_cells: tuple[GoodCell, ...]

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def totals(self) -> Totals:
        """Return the numbers."""
        verdicts = [t.verdict for t in self.trials] + [g.verdict for g in self.good_cells]
        return Totals(
            caught=verdicts.count("caught"),
            trials=len(self.trials),
            defects=len({(each.product, each.defect) for each in self.trials}),
            platforms=len({each.platform for each in self.trials}),
            false_alarms=sum(len(each.false_alarms) for each in self.good_cells),
            good_cells=sum(each.verdict != "not_run" for each in self.good_cells),
            broken=verdicts.count("broken"),
            not_run=verdicts.count("not_run"),
        )

    @property
    def good(self) -> bool:
        """Return whether every defect was caught as it declares, and every good cell left alone."""
        caught = all(each.verdict == "caught" for each in self.trials)
        return caught and all(each.verdict == "good" for each in self.good_cells)

    def with_(self, result: Tried | GoodCell, duration_s: float) -> Detection:
        """Return the detection with one more result, ``duration_s`` after its beginning."""
        return self.model_copy(
            update={
                "trials": _replaced(self.trials, result),
                "good_cells": _replaced(self.good_cells, result),
                "duration_s": duration_s,
            }
        )

    def write(self, path: Path) -> None:
        """Write the record atomically.

        Raises HarnessError when it can't be written.
        """
        write_result(path, self.model_dump_json(indent=1) + "\n")


R = TypeVar("R", Tried, GoodCell)


def _replaced(known: tuple[R, ...], result: Tried | GoodCell) -> tuple[R, ...]:
    return tuple(
        result if isinstance(result, type(each)) and each.key == result.key else each
        for each in known
    )


def begin(catalogue: Catalogue, started_at: str) -> Detection:
    """Return a detection in which nothing has run yet."""
    return Detection(
        started_at=started_at,
        left_out=catalogue.left_out,
        trials=tuple(_tried(t.cell, t.entry) for t in catalogue.trials if t.entry),
        good_cells=tuple(
            _good_cell(trial) for trial in sorted(catalogue.good_cells, key=lambda t: t.cell.id)
        ),
    )


def result(trial: Trial, ran: Ran) -> Tried | GoodCell:
    """Return what a trial proves."""
    return _judged(trial.cell, trial.entry, ran) if trial.entry else _listened_to(trial, ran)


def _tried(cell: Cell, entry: Entry) -> Tried:
    return Tried(
        product=cell.plan.name,
        defect=entry.defect.name,
        title=entry.defect.title,
        cell=cell.id,
        platform=cell.platform.id,
    )


def _good_cell(trial: Trial) -> GoodCell:
    return GoodCell(cell=trial.cell.id, platform=trial.cell.platform.id)


def _judged(cell: Cell, entry: Entry, ran: Ran) -> Tried:
    planned = _tried(cell, entry)
    problem = ran.problem or (why_unknown(entry.defect, ran.cell) if ran.cell else "")
    if problem or not ran.cell:
        return planned.model_copy(
            update={
                "verdict": "broken",
                "problem": _cleaned(problem),
                "duration_s": ran.duration_s,
            }
        )
    judgement = judge(entry.defect, ran.cell)
    return planned.model_copy(
        update={
            **dict(judgement),
            "verdict": "caught" if judgement.caught else "not_caught",
            "duration_s": ran.duration_s,
        }
    )


def _listened_to(trial: Trial, ran: Ran) -> GoodCell:
    """Return what a good cell proves; where a check never ran, the cell is not good.

    Where the harness could not reach a state, nothing is known: that is no complaint of a check.
    """
    checks = ran.cell.checks if ran.cell else ()
    lost = [s for s in ran.cell.states if s.verdict is Verdict.BROKEN] if ran.cell else []
    found = alarms(ran.cell) if ran.cell and not lost else ()
    never = [check for check in checks if check.verdict is Verdict.NEVER_RAN]
    problem = ran.problem
    if lost:
        problem = f"{lost[0].name} was not reached: {lost[0].reason}"
    elif never and not found:
        problem = f"{never[0].id} never ran: {never[0].reason}"
    elif checks and not any(check.verdict is Verdict.PASSED for check in checks):
        problem = problem or "not one of its checks passed: a silence that proves nothing"
    return _good_cell(trial).model_copy(
        update={
            "verdict": "false_alarm" if found else "broken" if problem else "good",
            "checks": len(checks),
            "false_alarms": found,
            "problem": _cleaned(problem),
            "duration_s": ran.duration_s,
        }
    )


def _cleaned(text: str) -> str:
    return "\n".join(clean(line) for line in text.splitlines())
