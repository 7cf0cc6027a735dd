"""Which failed checks of a run its waivers cover, and which waivers are wrong; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from debian.debian_support import Version

from upgradeproof.decision.waivers import WARNING_DAYS, Waiver, Waivers
from upgradeproof.results import Cell, Check, Run, Verdict
from upgradeproof.states import StateName


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with a waiver."""

    waiver: Waiver
    text: str
    resolution: str
    stops: bool = True
    """False: a warning, or an expired waiver, which counts as not there."""


@dataclass(frozen=True, kw_only=True)
class Waived:
    """The failed checks that waivers cover, by cell and check, and what is wrong with waivers."""

    checks: dict[tuple[str, str], Waiver]
    problems: tuple[Problem, ...]

    @property
    def used(self) -> tuple[Waiver, ...]:
        """Return the waivers that cover a failed check."""
        return tuple({waiver.id: waiver for waiver in self.checks.values()}.values())


def waive(run: Run, waivers: Waivers, at: datetime) -> Waived:
    """Apply the waivers to a run at a time. Only a failed check is covered, and no whole cell."""
    found: dict[tuple[str, str], Waiver] = {}
    problems: list[Problem] = []
    for waiver in waivers.waiver:
        problems += _of_time(waiver, at)
        if waiver.expired(at) or waiver.granted > at.astimezone(UTC).date():
            continue
        covered, wrong = _covered(run, waiver)
        for place in covered:
            found.setdefault(place, waiver)
        problems += wrong
    for cell in run.cells:
        if len(cell.checks) > 1 and all((cell.id, check.id) in found for check in cell.checks):
            problems += _covered_together(cell, found)
    return Waived(checks=found, problems=tuple(problems))


def _covered_together(cell: Cell, found: dict[tuple[str, str], Waiver]) -> Iterator[Problem]:
    """Take a cell out of which waivers together leave no check; yield a problem for each."""
    waivers = {each.id: each for check in cell.checks if (each := found.pop((cell.id, check.id)))}
    for waiver in waivers.values():
        text = f"with others it covers every check of {cell.id}; no whole cell is ever covered"
        yield _problem(waiver, text, "fix the product")


def new_release(cell: Cell) -> str:
    """Return the release that the upgrade of a cell leads to."""
    upgraded = next(
        (state.release for state in cell.states if state.name == StateName.UPGRADED), ""
    )
    return upgraded or cell.upgrade.rpartition("-to-")[2]


def _of_time(waiver: Waiver, at: datetime) -> Iterator[Problem]:
    left = waiver.days_left(at)
    if waiver.expired(at):
        yield Problem(
            waiver=waiver,
            text=f"expired on {waiver.expires}; its owner is {waiver.owner}",
            resolution="fix the product, or grant a new waiver",
            stops=False,
        )
    elif waiver.granted > at.astimezone(UTC).date():
        yield Problem(
            waiver=waiver,
            text=f"granted on {waiver.granted}, which is after the time of the decision",
            resolution="correct the date, or the clock of this host",
        )
    elif left <= WARNING_DAYS:
        yield Problem(
            waiver=waiver,
            text=f"expires on {waiver.expires}, in {left} days; its owner is {waiver.owner}",
            resolution="fix the product before that day",
            stops=False,
        )


def _covered(run: Run, waiver: Waiver) -> tuple[list[tuple[str, str]], list[Problem]]:
    """Return what a waiver covers, by cell and check, and what is wrong with it in this run."""
    cells = [cell for cell in run.cells if waiver.fits_cell(cell.id)]
    if not cells:
        return [], [_problem(waiver, "no cell of the run fits it", "correct `cells`, or remove it")]
    selected = [cell for cell in cells if cell.selected]
    held = [cell for cell in selected if not _reached(cell, waiver.until_release)]
    matched = [(cell, check) for cell in held for check in cell.checks if _fits(waiver, check)]
    whole = [cell for cell in held if _is_whole(cell, waiver)]
    if whole:
        text = f"it covers every check of {whole[0].id}; a waiver never covers a whole cell"
        return [], [_problem(waiver, text, "name the check that may fail")]
    covered = [
        (cell.id, check.id)
        for cell, check in matched
        if check.verdict is Verdict.FAILED and waiver.finding in check.reason
    ]
    if covered or not selected:
        return covered, []
    if not held:
        text = f"it ends with release {waiver.until_release}, which this run upgrades to"
        return [], [_problem(waiver, text, "remove it, or fix the product")]
    if not matched and any(len(cell.checks) < cell.checks_declared for cell in held):
        return [], []  # the check was not selected: this run has no result of it
    return [], [_unused(waiver, [check for _, check in matched])]


def _unused(waiver: Waiver, checks: list[Check]) -> Problem:
    """Return why a waiver covers nothing."""
    verdicts = {check.verdict for check in checks}
    if not checks:
        return _problem(waiver, "no check of its cells fits it", "correct `checks`, or remove it")
    if Verdict.FAILED in verdicts:
        failed = next(check for check in checks if check.verdict is Verdict.FAILED)
        return _problem(
            waiver,
            f"{failed.id} failed, but its reason does not contain the finding {waiver.finding!r}",
            "look at the new failure; correct `finding` only if the owner accepts it, too",
        )
    if hidden := verdicts & {Verdict.BROKEN, Verdict.NEVER_RAN}:
        words = " and ".join(sorted(verdict.replace("_", " ") for verdict in hidden))
        return Problem(
            waiver=waiver,
            text=f"its check is {words}; a waiver covers only failed checks",
            resolution="run the suite again",
            stops=False,
        )
    if verdicts == {Verdict.NOT_APPLICABLE}:
        return _problem(waiver, "its check is not applicable", "remove it")
    return _problem(waiver, "its check passes", "remove it")


def _fits(waiver: Waiver, check: Check) -> bool:
    return waiver.fits_check(check.id)


def _is_whole(cell: Cell, waiver: Waiver) -> bool:
    return len(cell.checks) > 1 and all(_fits(waiver, check) for check in cell.checks)


def _reached(cell: Cell, release: str) -> bool:
    """Return whether the cell's new release is the one with which a waiver ends, or a later one."""
    return bool(release) and Version(new_release(cell)) >= Version(release)


def _problem(waiver: Waiver, text: str, resolution: str) -> Problem:
    return Problem(waiver=waiver, text=text, resolution=resolution)
