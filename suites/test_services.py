"""What an administrator had running still runs, stays up, and starts again automatically."""

import pytest

from upgradeproof.plan import Expectations, unit_name
from upgradeproof.probes.attribution import changed_package
from upgradeproof.probes.lost_units import why_lost
from upgradeproof.probes.services import Services, undone
from upgradeproof.probes.unit_failures import newly_failed, no_longer_active
from upgradeproof.runner import State
from upgradeproof.runner.reasons import known

ENABLED = {"enabled", "enabled-runtime", "generated", "alias"}
"""Words of systemctl(1) for a unit that starts at boot; ``generated``: by the links of an init
script."""


@pytest.mark.subject("service")
@pytest.mark.follows("test_config_checks::test_no_daemon_refuses*", "test_libraries::*")
def test_service_is_active(installed: State, upgraded: State, service: str) -> None:
    unit, lost = upgraded[Services].get(upgraded.unit(service)), _lost(installed, upgraded, service)
    assert unit, lost
    words = (f"\n  {lost}" if lost else "") + unit.last_words
    assert unit.active == "active", f"{service} is {unit.active} ({unit.sub}, {unit.result}){words}"


@pytest.mark.subject("service")
@pytest.mark.follows("test_config_checks::test_no_daemon_refuses*", "test_libraries::*")
def test_parts_of_service_are_active(installed: State, upgraded: State, service: str) -> None:
    """A wrapper unit is active whatever becomes of the instances that do its work."""
    down = no_longer_active(installed.units(service)[1:], installed[Services], upgraded[Services])
    assert not down, "\n".join(down)


@pytest.mark.subject("service")
def test_service_is_enabled_as_before(installed: State, upgraded: State, service: str) -> None:
    old = installed.cell.expect.service_in("installed", service)
    before = installed[Services][old].enabled if old else "enabled"  # the upgrade brings it
    lost = _lost(installed, upgraded, service)
    assert not lost, lost
    after = upgraded[Services][upgraded.unit(service)].enabled
    assert after == before or {before, after} <= ENABLED, f"{service} was {before}, is {after}"


@pytest.mark.subject("former_service")
def test_former_service_does_not_run(upgraded: State, former_service: str) -> None:
    unit = upgraded[Services].get(unit_name(former_service))
    assert unit is None or unit.active != "active", f"{former_service} still runs"


@pytest.mark.subject("service")
def test_service_was_not_restarted_by_a_crash(upgraded: State, service: str) -> None:
    for name in upgraded.units(service):
        unit = upgraded[Services].get(name)
        assert unit is None or unit.restarts == 0, (
            f"systemd restarted {name} {unit.restarts} times automatically{unit.last_words}"
        )


@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_no_unit_fails_that_did_not_fail_before(installed: State, upgraded: State) -> None:
    failed = newly_failed(installed[Services], upgraded[Services])
    assert not failed, "\n".join(failed)


def test_no_unit_is_enabled_that_was_disabled(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    """What an administrator disabled or masked stays so; only the plan may have it enabled."""
    added = {unit.after for unit in expectations.units if unit.before is None}
    found = [
        _enabled_by(name, done, installed, upgraded)
        for name in upgraded[Services]
        if name not in added
        if (done := undone(name, installed.facts, upgraded.facts))
        if not known(upgraded, expectations, f"services/{name}")
    ]
    assert not found, "\n".join(found)


def _enabled_by(name: str, done: str, installed: State, upgraded: State) -> str:
    """Return what a unit was and is, and the package that changed that, if it is known."""
    was, now = installed[Services][name], upgraded[Services][name]
    state = "active" if done == "started" else now.enabled or "gone"
    change = changed_package(now.package or was.package, installed.facts, upgraded.facts)
    by = f": the package {now.package or was.package}, which {change}, {done} it" if change else ""
    return f"{name} was {was.enabled}, and is {state} now{by}"


def _lost(installed: State, upgraded: State, service: str) -> str:
    """Return why a service has no unit file any more; empty: it has one, or never had one."""
    name = upgraded.unit(service)
    old = installed.cell.expect.service_in("installed", service) or name
    was, now = installed[Services].get(old), upgraded[Services].get(name)
    if now and (now.enabled or (was and not was.enabled)):
        return ""
    return why_lost(old, installed.facts, upgraded.facts)
