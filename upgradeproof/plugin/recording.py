"""Reports become verdicts: each check's end goes to the journal as it happens."""

from __future__ import annotations

import re
from collections.abc import Container, Generator, Iterable, Iterator
from pathlib import Path

import pytest

from upgradeproof.errors import NotReachedError, UpgradeproofError
from upgradeproof.plan import Cell
from upgradeproof.plugin.expected import NOT_COLLECTED, Expected
from upgradeproof.plugin.items import check_of_item
from upgradeproof.plugin.plans import plan_events
from upgradeproof.plugin.run import Session
from upgradeproof.plugin.shard_selection import left_out
from upgradeproof.preflight.support import support_graph
from upgradeproof.results import Release, Verdict
from upgradeproof.results.base import now
from upgradeproof.results.journal import (
    CellDeclared,
    CheckDeclared,
    CheckFinished,
    ReleaseDeclared,
)
from upgradeproof.states import STATES

LONGEST_REASON = 20_000
GOOD = (Verdict.PASSED, Verdict.NOT_APPLICABLE)
Found = tuple[pytest.Item, tuple[Cell, str] | None]
"""A test, with its cell and its check's id; None: it has no cell."""
_GOOD_SO_FAR = pytest.StashKey[CheckFinished]()
CRASHED = "???"
"""The phase that xdist gives to the report of a test under which its worker died."""

_REPEATED = re.compile(r"\A((?!assert ).+?)\nassert (?:not |False\b).*\Z", re.DOTALL)
"""What pytest adds to the message of ``assert not lost, message``: the message once more."""


class VerdictRecorder:
    """Write the declared checks and their results; add the verdict to pytest's own reports."""

    def __init__(self, part: Session, expected: Expected) -> None:
        self._part = part
        self._expected = expected
        self._uncollected: dict[str, tuple[Verdict, str]] = {}

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file whose tests are unknown: its import failed or skipped it."""
        if report.passed:
            return
        verdict = Verdict.NOT_APPLICABLE if report.skipped else Verdict.BROKEN
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        name = Path(report.nodeid or "tests").stem
        self._uncollected[f"{name}::collection"] = verdict, str(why).removeprefix("Skipped: ")

    @pytest.hookimpl
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Note a test: what was collected and is not selected in the end was deselected."""
        self._expected.note(item)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Declare every cell and every selected check: one without a later event never ran.

        The checks of the packaged suites are declared also where pytest did not collect them.
        """
        if not self._part.declares:
            return
        checks = [(item, check_of_item(item)) for item in session.items]
        excused = {check.partition("::")[0] for check in self._uncollected}
        missing = {
            cell: found
            for cell in self._part.cells
            if (found := self._expected.missing(cell, excused))
        }
        selected = {found[0].id for _, found in checks if found} | missing.keys()
        if not selected:
            return
        self._declare_cells(selected)
        self._declare_checks(checks)
        for cell, absent in missing.items():
            for check, states in absent.items():
                self._part.journal.write(
                    CheckDeclared(cell=cell, check=check, states=states, reason=NOT_COLLECTED)
                )
        lost = {**self._uncollected, **_namesakes(checks)}
        for cell in sorted(selected):
            for check, (verdict, reason) in lost.items():
                self._part.journal.write(CheckDeclared(cell=cell, check=check, states=()))
                self._part.journal.write(_end(cell, check, verdict, reason, 0.0))

    def _declare_cells(self, selected: Container[str]) -> None:
        for event in plan_events(self._part.home, tuple(self._part.cells.values())):
            self._part.journal.write(event)
        for release in self._releases():
            self._part.journal.write(ReleaseDeclared(release=release))
        for cell in self._part.cells.values():
            self._part.journal.write(
                CellDeclared(
                    cell=cell.id,
                    platform=cell.platform.id,
                    upgrade=cell.upgrade_id,
                    product=cell.plan.name,
                    tags=cell.tags,
                    selected=cell.id in selected,
                    reason="" if cell.id in selected else left_out(self._part.shard, cell.id),
                    shard=self._part.shard.number_of(cell.id) if self._part.shard else None,
                    checks_declared=self._expected.count(cell.id),
                )
            )

    def _declare_checks(self, checks: Iterable[Found]) -> None:
        for item, found in checks:
            if found:
                names: list[str] = getattr(item, "fixturenames", [])
                self._part.journal.write(
                    CheckDeclared(
                        cell=found[0].id,
                        check=found[1],
                        states=tuple(state for state in STATES if state in names),
                        follows=tuple(
                            glob for mark in item.iter_markers("follows") for glob in mark.args
                        ),
                    )
                )

    def _releases(self) -> Iterator[Release]:
        """Yield what the releases of every plan work with, where a plan declares it."""
        for plan in {cell.plan.name: cell.plan for cell in self._part.cells.values()}.values():
            yield from support_graph(plan)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge a phase of a check; our own errors are shown as they are, without a traceback.

        A failure is recorded at once, a success at the test's end, by its last report: a subtest
        that passed has reported a phase as well, and proves nothing about what follows it.
        """
        report = yield
        found = check_of_item(item)
        if found is None:
            return report
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, UpgradeproofError):
            report.longrepr = str(error)
        if (marked := getattr(report, "wasxfail", None)) is not None:
            error = _fail(report, marked)
        verdict = _verdict(report, error)
        if isinstance(error, NotReachedError):  # a consequence: pytest folds these into one line
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, f"Skipped: {error.brief}")
        if verdict is not None:
            cell, check = found
            end = _end(cell.id, check, verdict, _reason(report, error), report.duration)
            if verdict in GOOD:
                item.stash[_GOOD_SO_FAR] = end
            else:
                self._part.journal.write(end)
            names = getattr(item, "fixturenames", ())
            ours = {
                "cell": cell.id,
                "platform": cell.platform.id,
                "upgrade": cell.upgrade_id,
                "state": " ".join(state for state in STATES if state in names),
                "verdict": verdict.value,
            }
            others = [known for known in item.user_properties if known[0] not in ours]
            item.user_properties = [*others, *ours.items()]  # junit.xml takes the last phase's
            report.user_properties = list(item.user_properties)
        if report.when == "teardown" and (good := item.stash.get(_GOOD_SO_FAR, None)):
            self._part.journal.write(good.model_copy(update={"at": now()}))
        return report

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Judge, in the controlling process, a check under which its worker died."""
        if report.when == CRASHED and (found := self._part.tests.get(report.nodeid)):
            reason = f"the worker process died under this check: {report.longreprtext}"
            self._part.journal.write(
                _end(found[0], found[1], Verdict.BROKEN, reason, report.duration)
            )

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Close the journal: nothing is written after the reports."""
        self._part.close()


def _end(cell: str, check: str, verdict: Verdict, reason: str, duration_s: float) -> CheckFinished:
    return CheckFinished(
        cell=cell,
        check=check,
        verdict=verdict,
        reason=reason[:LONGEST_REASON],
        duration_s=duration_s,
    )


def _namesakes(checks: Iterable[Found]) -> dict[str, tuple[Verdict, str]]:
    """Return the checks that are two tests: what became of one would be reported as the other's."""
    known: dict[tuple[str, str], str] = {}
    twice: dict[str, tuple[Verdict, str]] = {}
    for item, found in checks:
        if found:
            cell, check = found
            first = known.setdefault((cell.id, check), item.nodeid)
            if first != item.nodeid:
                why = f"{first} and {item.nodeid} have the same name: rename one of the files"
                twice[f"{check}::name"] = Verdict.BROKEN, why
    return twice


class ExpectedFailureError(AssertionError):
    """A check is marked with ``xfail``."""


def _fail(report: pytest.TestReport, marked: str) -> ExpectedFailureError:
    """Make a check fail that is marked as an expected failure, whether it failed or passed.

    pytest would count it as neither. Known changes belong into the plan, with their reason: so it
    is a failure for the verdict, for pytest's summary and exit status, and in each report.
    """
    why = f"marked as an expected failure ({marked}): declare it in the plan instead"
    del report.wasxfail
    report.outcome = "failed"
    report.longrepr = why
    return ExpectedFailureError(why)


def _verdict(report: pytest.TestReport, error: BaseException | None) -> Verdict | None:
    """Return the verdict that a phase gives, or None: it decides nothing.

    A test that raises anything but a failed assertion is a broken test, not a broken product. One
    that fails without an error is marked with a strict ``xfail``, and passed.
    """
    if report.passed:
        return Verdict.PASSED if report.when == "call" else None
    if report.skipped:
        return Verdict.NOT_APPLICABLE
    if error is None or isinstance(error, ExpectedFailureError):
        return Verdict.FAILED
    if isinstance(error, UpgradeproofError):
        return Verdict.of(error)
    if report.when == "call" and isinstance(error, AssertionError | pytest.fail.Exception):
        return Verdict.FAILED
    return Verdict.BROKEN


def _reason(report: pytest.TestReport, error: BaseException | None) -> str:
    if report.passed:
        return ""
    if error is None:
        return report.longreprtext
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    if isinstance(error, UpgradeproofError | AssertionError | pytest.fail.Exception):
        return _REPEATED.sub(r"\1", str(error))
    return f"{type(error).__name__}: {error}"
