"""Try the cases and their good twins in parallel, and report each result when it arrives."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from upgradeproof.command import Commands
from upgradeproof.defects.catalogue import Trial
from upgradeproof.defects.detection import GoodCell, result
from upgradeproof.defects.parallel import remove_machines, try_all
from upgradeproof.defects.trial import CommandRunner, Ran, carry_out
from upgradeproof.field_cases.catalogue import FOLDER, SHOWS, Entry, find_cases, twin_of
from upgradeproof.field_cases.judging import detected_by, not_reproduced, red, unknown
from upgradeproof.field_cases.report import Outcome, Report
from upgradeproof.field_cases.staging import stage_case, stage_twin
from upgradeproof.field_cases.table import line, numbers, table
from upgradeproof.home import Home
from upgradeproof.results import Cell, Verdict
from upgradeproof.results.base import now

RECORD = "field-cases.json"
SUITES = "suites"


@dataclass(frozen=True, kw_only=True)
class Staged:
    """One trial that is ready to run: of a case, or of a good twin."""

    trial: Trial
    reports: Path
    entry: Entry | None = None


def try_cases(
    home: Home,
    globs: Sequence[str],
    *,
    workers: int,
    out: TextIO,
    record: Path | None = None,
    twins: bool = True,
    run: CommandRunner | None = None,
    clear_up: Callable[[], None] = remove_machines,
) -> Report:
    """Try the cases that fit the globs, or all, with their good twins; return what was found.

    An interruption ends it early; what was found until then is printed and recorded like the rest.
    Raises PlanError before anything runs for a wrong case, plan or glob.
    """
    commands = Commands()
    runner = run or commands.run
    staged = _stage(home, find_cases(home.root, globs), twins=twins)
    path = record or home.reports / RECORD
    report = _begin(staged)
    report.write(path)
    began = time.monotonic()
    jobs = [partial(_carried_out, home, each, runner) for each in staged]

    def take(ended: tuple[Staged, Ran]) -> str:
        nonlocal report
        each, ran = ended
        found = _outcome(each.entry, ran) if each.entry else result(each.trial, ran)
        assert isinstance(found, Outcome | GoodCell)  # noqa: S101  # a twin has no defect
        report = report.with_(found, duration_s=time.monotonic() - began)
        report.write(path)
        return line(found)

    try_all(jobs, workers, commands, out=out, take=take, clear_up=clear_up)
    out.write(f"\n{table(report)}\n{numbers(report)}")
    return report


def _stage(home: Home, entries: Sequence[Entry], *, twins: bool) -> tuple[Staged, ...]:
    """Return the good twins, each once, and the cases, in the order in which they run."""
    work = home.reports / FOLDER
    folders = {twin_of(home.root, entry): None for entry in entries} if twins else {}
    found = []
    for folder in folders:
        reports = work / "twins" / folder.name
        trial = stage_twin(home, folder, reports)
        found.append(Staged(trial=trial, reports=reports))
    for entry in entries:
        reports = work / entry.id
        trial = stage_case(home, entry, reports)
        found.append(Staged(trial=trial, reports=reports, entry=entry))
    return tuple(found)


def _begin(staged: Sequence[Staged]) -> Report:
    return Report(
        started_at=now(),
        cases=tuple(_planned(each.entry) for each in staged if each.entry),
        twins=tuple(
            GoodCell(cell=each.trial.cell.id, platform=each.trial.cell.platform.id)
            for each in staged
            if not each.entry
        ),
    )


def _planned(entry: Entry) -> Outcome:
    return Outcome(id=entry.id, case=entry.case.case, group=entry.group, title=entry.case.title)


def _carried_out(home: Home, staged: Staged, run: CommandRunner) -> tuple[Staged, Ran]:
    paths: tuple[str, ...] = ()
    if staged.entry and staged.entry.case.fault_script:
        suites = (SUITES,) if (home.root / SUITES).is_dir() else ()
        paths = (*suites, str(home.root / FOLDER / SHOWS))
    return staged, carry_out(staged.trial, staged.reports, run, *paths)


def _outcome(entry: Entry, ran: Ran) -> Outcome:
    planned = _planned(entry).model_copy(update={"duration_s": ran.duration_s})
    problem = ran.problem or (_unknown(ran.cell) if ran.cell else "")
    if problem or ran.cell is None:
        return planned.model_copy(update={"result": "broken", "problem": problem})
    by, failed = detected_by(entry.case, ran.cell), red(ran.cell)
    missing = not_reproduced(ran.cell)
    update = {"detected_by": by, "failed": failed, "problem": missing}
    if missing:
        return planned.model_copy(update={**update, "result": "not_reproduced"})
    if by or failed:
        return planned.model_copy(update={**update, "result": "caught" if by else "by_chance"})
    why = unknown(entry.case, ran.cell)
    return planned.model_copy(
        update={**update, "result": "unknown" if why else "missed", "problem": why}
    )


def _unknown(cell: Cell) -> str:
    """Return why a cell proves nothing: the harness failed there, not the product."""
    lost = [s for s in cell.states if s.verdict in (Verdict.BROKEN, Verdict.NEVER_RAN)]
    return f"{lost[0].name} was not reached: {lost[0].reason}" if lost else ""
