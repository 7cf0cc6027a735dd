"""Run the whole catalogue, good cells first; print and record each trial when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TextIO

from upgradeproof.command import Commands
from upgradeproof.defects.catalogue import Trial, choose
from upgradeproof.defects.declared import require_declared_checks
from upgradeproof.defects.detection import Detection, begin, result
from upgradeproof.defects.parallel import remove_machines, try_all
from upgradeproof.defects.table import line, numbers, table
from upgradeproof.defects.trial import CommandRunner, Ran, carry_out
from upgradeproof.home import Home
from upgradeproof.results.base import now

RECORD = "defects.json"


def detect(
    home: Home,
    names: Sequence[str],
    globs: Sequence[str],
    *,
    workers: int,
    out: TextIO,
    run: CommandRunner | None = None,
    clear_up: Callable[[], None] = remove_machines,
) -> Detection:
    """Try the defects of these names, or all, in the cells that fit, and return what was found.

    An interruption ends it early; what was found until then is printed and recorded all the same.
    Raises PlanError before anything runs, also for a declared check that there is not.
    """
    commands = Commands()
    runner = run or commands.run
    catalogue = choose(home, names, globs)
    require_declared_checks(catalogue.trials, runner)
    record = home.reports / RECORD
    found = begin(catalogue, now())
    found.write(record)
    began = time.monotonic()
    jobs = [partial(_carried_out, home, trial, runner) for trial in catalogue.in_order]

    def take(ended: tuple[Trial, Ran]) -> str:
        nonlocal found
        each = result(*ended)
        found = found.with_(each, duration_s=time.monotonic() - began)
        found.write(record)
        return line(each)

    try_all(jobs, workers, commands, out=out, take=take, clear_up=clear_up)
    out.write(f"\n{table(found)}\n{numbers(found)}")
    return found


def _carried_out(home: Home, trial: Trial, run: CommandRunner) -> tuple[Trial, Ran]:
    folder = home.reports / "defects" / (trial.defect or "-") / trial.cell.id
    return trial, carry_out(trial, folder, run)
