"""One trial: pytest, as a process of its own, runs one cell with one defect, or without any."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from upgradeproof.command import Completed
from upgradeproof.defects.catalogue import Trial
from upgradeproof.errors import HarnessError
from upgradeproof.results import Cell
from upgradeproof.results.reading import read_run
from upgradeproof.settings import pytest_words

TIMEOUT_S = 5400.0
"""Limit of one trial; under emulation a cell of the kernel takes five minutes."""
LEFT_OUT = "destructive and own_kernel"
"""Checks that boot a machine once more: minutes under emulation, and the defect shows before."""
LOADS = "load"
"""Checks that measure machines under load: minutes again, and nothing else may run then."""


class CommandRunner(Protocol):
    """What runs a command on this host, whatever its exit status."""

    def __call__(self, argv: tuple[str, ...], *, timeout_s: float) -> Completed:
        """Run it and return what it did."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a trial left behind."""

    cell: Cell | None
    """What was found; None where nothing is known, and then ``problem`` has the reason."""
    problem: str = ""
    duration_s: float


def pytest_command(trial: Trial, *options: str) -> tuple[str, ...]:
    """Return the command of a trial's pytest, whose cache is not that of its user's own runs."""
    loaded = trial.entry is not None and trial.entry.defect.with_load
    chosen = f"not ({LEFT_OUT})" if loaded else f"not ({LEFT_OUT}) and not {LOADS}"
    return (
        *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", chosen),
        *pytest_words(
            plans=[trial.cell.plan.folder / "upgrade.toml"],
            defect=trial.entry.path if trial.entry else None,
        ),
        *options,
    )


def command(trial: Trial, reports: Path, *paths: str) -> tuple[str, ...]:
    """Return the command that carries out a trial; without ``paths`` pytest's own places count."""
    options = ("-q", f"--upgradeproof-cell={trial.cell.id}", *pytest_words(reports=reports))
    return pytest_command(trial, *options, *paths)


def carry_out(trial: Trial, reports: Path, run: CommandRunner, *paths: str) -> Ran:
    """Run a trial to its end and return its result, with any error of the trial.

    What an earlier trial left in ``reports`` goes first: it would be taken for this one's.
    ``paths`` are the places of the tests, where they are not pytest's own.
    """
    started = time.monotonic()
    cell, problem = None, ""
    try:
        (reports / "run.json").unlink(missing_ok=True)
        done = run(command(trial, reports, *paths), timeout_s=TIMEOUT_S)
        try:
            cell, problem = _known(trial, reports)
        except HarnessError as error:
            problem = f"pytest ended with {done.exit_status} and left no result: {error.brief}"
            problem = "\n".join(filter(None, (problem, done.tail)))
    except (HarnessError, OSError) as error:
        problem = str(error)
    return Ran(cell=cell, problem=problem, duration_s=time.monotonic() - started)


def _known(trial: Trial, reports: Path) -> tuple[Cell | None, str]:
    """Return the cell of a run, or why nothing is known of it."""
    found = read_run(reports / "run.json")
    cell = next((c for c in found.cells if c.id == trial.cell.id and c.selected), None)
    if cell is None or not cell.checks:
        return None, "pytest ran no check of this cell"
    if found.finished_at is None:
        return None, "pytest was cut off before its end"
    return cell, ""
