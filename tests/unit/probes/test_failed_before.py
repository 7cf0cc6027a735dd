"""A unit that had failed before the upgrade: that it still fails is no effect of the upgrade."""

from __future__ import annotations

import pytest

from upgradeproof.probes.base import Difference, Facts
from upgradeproof.probes.journal import Journal, JournalError
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.services import Service, Services
from upgradeproof.probes.system import System
from upgradeproof.probes.unit_failures import newly_failed

WORKS = Service(active="active", sub="running")
FAILED = Service(active="failed", sub="failed", restarts=5, result="exit-code")
STARTS_AGAIN = Service(active="activating", sub="auto-restart", restarts=2)
ERROR = JournalError(unit="a.service", priority=3, count=1, sample="no root.key")
CASES = [
    (FAILED, FAILED, True),
    (STARTS_AGAIN, FAILED, True),
    (FAILED, STARTS_AGAIN, True),
    (WORKS, FAILED, False),
    (None, FAILED, False),
]


def facts(
    unit: Service | None, state: str = "running", **sections: dict[str, JournalError]
) -> Facts:
    return Facts(
        {
            "services": {"a.service": unit} if unit else {},
            "system": {"system": OperatingSystem(state=state)},
            "packages": {},
            "journal": {},
            **sections,
        }
    )


@pytest.mark.parametrize(("was", "now", "explained"), CASES)
def test_a_unit_is_explained(was: Service | None, now: Service, *, explained: bool) -> None:
    line = Difference(path="services/a.service/active", before="x", after="y")
    reason = "it had failed before, too" if explained else ""
    assert Services.explain(line, facts(was), facts(now)) == reason


@pytest.mark.parametrize("field", ["enabled", "load"])
def test_what_else_changes_of_such_a_unit_is_not_explained(field: str) -> None:
    line = Difference(path=f"services/a.service/{field}", before="x", after="masked")
    assert Services.explain(line, facts(FAILED), facts(FAILED)) == ""


@pytest.mark.parametrize(("was", "now", "explained"), CASES)
def test_an_error_of_the_journal_is_explained(
    was: Service | None, now: Service, *, explained: bool
) -> None:
    after = facts(now, journal={"a.service: no root.key": ERROR})
    line = Difference(path="journal/a.service: no root.key", before=None, after="unit=a.service")
    reason = "a.service had failed before, too" if explained else ""
    assert Journal.explain(line, facts(was), after) == reason


@pytest.mark.parametrize(("was", "now", "explained"), CASES[:2] + CASES[3:])
def test_a_system_that_is_degraded_is_explained(
    was: Service | None, now: Service, *, explained: bool
) -> None:
    line = Difference(path="system/system/state", before="running", after="degraded")
    reason = "the units that failed had failed before, too" if explained else ""
    assert System.explain(line, facts(was), facts(now, "degraded")) == reason
    assert bool(newly_failed(facts(was)[Services], facts(now)[Services])) is not explained


def test_a_system_without_failed_units_is_better_than_before() -> None:
    line = Difference(path="system/system/state", before="degraded", after="running")
    assert System.explain(line, facts(FAILED, "degraded"), facts(WORKS))
    line = Difference(path="system/system/version", before="12", after="13")
    assert System.explain(line, facts(WORKS), facts(WORKS)) == ""
