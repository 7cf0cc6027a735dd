"""The end of a run: fold the journals, write the reports, and set the exit status."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from upgradeproof.counting import counted
from upgradeproof.decision.names import LOCK, keep_signed, left_by_a_decision
from upgradeproof.errors import HarnessError, UpgradeproofError
from upgradeproof.machines.backends import remove_left_machines
from upgradeproof.plugin.run import Session
from upgradeproof.plugin.shard_selection import journal_sizes
from upgradeproof.render import every_format
from upgradeproof.render.words import cached_states, checks_selected, unused_lines
from upgradeproof.report import ReportRequest, report
from upgradeproof.results import Cell, Run, Verdict
from upgradeproof.results.journal import RunFinished

LEFT_BY_A_RUN = ("journal", "evidence", "run.json", "accepted.json", "junit.xml", "pytest.html")
"""What a run leaves in addition to the reports, each of which knows its own file."""


def lock_and_clear(reports: Path) -> tuple[FileLock, Path | None]:
    """Take the reports' folder for this run, and remove what the run before left in it.

    An old report must not look like a new one. A signed run is moved to a folder next to it, which
    is returned with the lock. Raises HarnessError when another run writes there.
    """
    reports.mkdir(parents=True, exist_ok=True)
    lock = FileLock(reports / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise HarnessError(
            f"another run writes its reports into {reports}",
            resolution="wait for it, or name another folder with -o upgradeproof_reports=DIR",
        ) from None
    try:
        signed = keep_signed(reports)
    except OSError as error:
        raise HarnessError(
            f"the signed run in {reports} can't be moved away: {error.strerror}",
            resolution="move it by hand, or name another folder with -o upgradeproof_reports=DIR",
        ) from None
    _clear(reports)
    return lock, signed


def _clear(reports: Path) -> None:
    names = (*LEFT_BY_A_RUN, *(drawn.FILE_NAME for drawn in every_format().values()))
    for path in (*(reports / name for name in names), *left_by_a_decision(reports)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _never_ran(cell: Cell) -> Counter[str]:
    """Return why checks never ran, where that is known, each reason with their number."""
    return Counter(c.reason for c in cell.checks if c.verdict is Verdict.NEVER_RAN and c.reason)


class Reporter:
    """Write the reports at the end of the controlling process."""

    def __init__(self, part: Session) -> None:
        self._part = part
        self._lock, self._signed = lock_and_clear(part.reports)
        self._request = ReportRequest(templates=part.home.templates)
        self._run: Run | None = None
        self._problems: list[UpgradeproofError] = []

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Write the reports when all tests are torn down; a run that is not green fails.

        ``trylast`` makes this the innermost wrapper: the terminal's summary comes after it.
        """
        result = yield
        if not any((self._part.reports / "journal").glob("*.jsonl")):
            return result
        try:
            cached = self._part.trim()
            journals = journal_sizes(self._part.reports, self._part.journal.path)
            self._part.journal.write(
                RunFinished(run_id=self._part.run_id, cached_states=cached, journals=journals)
            )
            self._run = report(
                [self._part.reports],
                self._part.reports,
                self._request,
            )
        except UpgradeproofError as error:
            self._problems.append(error)
        if session.exitstatus == pytest.ExitCode.OK and not (self._run and self._run.green):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self._problems += remove_left_machines()
        self._part.clear_engines()
        return result

    def _print_problems(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._problems:
            terminalreporter.section("upgradeproof", red=True)
        for problem in self._problems:
            terminalreporter.line(str(problem), red=True)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Release the lock of the reports' folder."""
        self._lock.release()

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the verdict of every cell, and where the matrix is."""
        if self._signed is not None:
            terminalreporter.line(f"the signed run that was here before: {self._signed}")
        self._print_problems(terminalreporter)
        if self._run is None:
            return
        green = self._run.green
        terminalreporter.section(f"upgradeproof: {self._run.verdict}", green=green, red=not green)
        for cell in self._run.cells:
            if cell.selected:
                good = cell.verdict in (Verdict.PASSED, Verdict.NOT_APPLICABLE)
                terminalreporter.line(
                    f"{cell.verdict:<15} {cell.id}  ({checks_selected(cell)})",
                    green=good,
                    red=not good,
                )
                for reason, number in _never_ran(cell).items():
                    checks = counted(number, "check")
                    terminalreporter.line(f"{'':<15} {checks} never ran: {reason}", red=True)
        for line in unused_lines(self._run.unused, strict=self._run.strict):
            terminalreporter.line(line, red=self._run.strict, yellow=not self._run.strict)
        for name, error in self._request.unwritten.items():
            terminalreporter.line(f"{name} was not written: {error}", yellow=True)
        if self._run.cached_states is not None:
            terminalreporter.line(f"states: {cached_states(self._run.cached_states)}")
        terminalreporter.line(f"matrix: {self._part.reports / 'index.html'}")
