"""Judge what a trial found: whether the right checks caught a defect, and false alarms; pure.

Only what ``failed`` catches: of a check that broke, nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from upgradeproof.globs import fits
from upgradeproof.plan.defects import Defect
from upgradeproof.probes.text import clean
from upgradeproof.results import Cell, Check, State, Verdict
from upgradeproof.results.base import Frozen
from upgradeproof.results.causes import following

AGAIN = (
    "test_reboot::*",
    "test_in_use::test_*_after_a_restart*",
)
"""Checks that look at the same facts once more, after a boot or a restart: where a fault shows in
``upgraded``, they see it as well, and that is no unrelated failure."""

WHOLE_MACHINE = (
    "test_files::*",
    "test_data_folders::*",
    "test_unit_properties::*",
    "test_policies::*",
    "test_references::*",
    "test_effective_config::*",
    "test_config_checks::*",
    "test_unexplained_changes::*",
)
"""Checks of everything that is on a machine. A fault that a narrower check sees shows in them, too;
whether they complain without a fault, the good cells show."""


class Sighting(Frozen):
    """A check that failed, or a state that was not reached, and the first line of its error."""

    id: str
    """The check's id; ``state upgraded`` for a state."""
    error: str


class Judgement(Frozen):
    """How the checks saw a defect."""

    detected_by: tuple[Sighting, ...] = ()
    """The checks that must see it and did, or the state that it must stop."""
    missed: tuple[str, ...] = ()
    """The globs of those that must see it and did not."""
    unrelated: tuple[Sighting, ...] = ()
    """What failed in addition to them, and is not allowed to."""

    @property
    def caught(self) -> bool:
        """Return whether all checks that must see it did, and nothing unrelated failed."""
        return bool(self.detected_by) and not self.missed and not self.unrelated


def judge(defect: Defect, cell: Cell) -> Judgement:
    """Compare what failed with what the defect declares.

    Where the state that it must stop was not reached, checks of that state could not run, and do
    not have to see it; one that ran and passed does.
    """
    stops = [state for state in cell.states if _bad(state.verdict)]
    failed = _own_failures(cell, stops)
    right = [s for s in stops if s.verdict is Verdict.FAILED and defect.stops(s.reason)]
    seen = [c for c in failed if c.verdict is Verdict.FAILED and defect.catches(c.id)]
    consequences = following(cell.checks, [check.id for check in seen])
    unseen = defect.unseen([check.id for check in seen])
    unrun = defect.unseen([c.id for c in cell.checks if c.verdict is Verdict.PASSED])
    missed = (
        (glob for glob in unseen if glob not in unrun)
        if right
        else filter(None, (defect.stop_reason, *unseen))
    )
    return Judgement(
        detected_by=(*map(_stop, right), *map(_failure, seen)),
        missed=tuple(missed),
        unrelated=(
            *(_stop(state) for state in stops if state not in right),
            *(
                _failure(c)
                for c in failed
                if c not in seen
                and c.id not in consequences
                and not defect.allows(c.id)
                and not _looks_again(c)
            ),
        ),
    )


def why_unknown(defect: Defect, cell: Cell) -> str:
    """Return why a cell proves nothing about a defect: the harness failed, not the product."""
    lost = [s for s in cell.states if s.verdict in (Verdict.BROKEN, Verdict.NEVER_RAN)]
    if lost:
        return f"{lost[0].name} was not reached ({lost[0].verdict}): {lost[0].reason}"
    broken = (
        check
        for check in cell.checks
        if check.verdict is Verdict.BROKEN
        and (defect.catches(check.id) or not defect.allows(check.id))
    )
    return next((f"{check.id} broke: {check.reason}" for check in broken), "")


def alarms(cell: Cell) -> tuple[Sighting, ...]:
    """Return what a good cell complains of: every one is a false alarm."""
    stops = [state for state in cell.states if state.verdict is not Verdict.PASSED]
    return (*map(_stop, stops), *map(_failure, _own_failures(cell, stops)))


def first_line(text: str) -> str:
    """Return the first line that is not blank, without control codes of a machine's output."""
    lines = (line.strip() for line in text.splitlines())
    return clean(next(filter(None, lines), ""))


def _own_failures(cell: Cell, stops: Sequence[State]) -> list[Check]:
    """Return the checks that failed on their own; others only repeat why a state stopped."""
    return [
        check
        for check in cell.checks
        if _bad(check.verdict)
        and not any(check.reason and stop.reason.startswith(check.reason) for stop in stops)
    ]


def _stop(state: State) -> Sighting:
    return Sighting(id=f"state {state.name}", error=first_line(state.reason))


def _failure(check: Check) -> Sighting:
    return Sighting(id=clean(check.id), error=first_line(check.reason))


def _looks_again(check: Check) -> bool:
    return fits(check.id, (*AGAIN, *WHOLE_MACHINE))


def _bad(verdict: Verdict) -> bool:
    return verdict in (Verdict.FAILED, Verdict.BROKEN)
