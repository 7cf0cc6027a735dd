"""The checks of units that the upgrade renames, retires or adds."""

from __future__ import annotations

import pytest

from suites import test_services
from tests.unit.suites.states import state
from upgradeproof.probes import Facts
from upgradeproof.probes.services import Service, Services
from upgradeproof.runner import State

UP = Service(enabled="enabled", active="active", sub="running")
EXPECT = {
    "services": ["web.socket"],
    "service": [
        {"name": "php8.2", "change": "renamed", "to": "php8.4"},
        {"name": "old", "change": "retired"},
        {"name": "new", "change": "added"},
    ],
}


def state_with(name: str, *units: str) -> State:
    sound = state(name=name, expect=EXPECT)
    facts = Facts({Services.section: dict.fromkeys(units, UP)})
    return State(name, sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


BEFORE = state_with("installed", "web.socket", "php8.2.service", "old.service")
AFTER = state_with("upgraded", "web.socket", "php8.4.service", "new.service")


@pytest.mark.parametrize("service", ["web.socket", "php8.2", "new"])
def test_a_unit_is_found_by_its_name_in_the_state(service: str) -> None:
    test_services.test_service_is_active(BEFORE, AFTER, service)
    test_services.test_service_is_enabled_as_before(BEFORE, AFTER, service)


def test_a_unit_that_was_not_renamed_is_missing() -> None:
    same = state_with("upgraded", "php8.2.service")
    with pytest.raises(AssertionError, match=r"^php8\.2\.service is gone; no package brought it"):
        test_services.test_service_is_active(BEFORE, same, "php8.2")


@pytest.mark.parametrize("service", ["php8.2", "old"])
def test_a_retired_unit_must_not_run(service: str) -> None:
    test_services.test_former_service_does_not_run(AFTER, service)
    still = state_with("upgraded", f"{service}.service")
    with pytest.raises(AssertionError, match=f"{service} still runs"):
        test_services.test_former_service_does_not_run(still, service)
