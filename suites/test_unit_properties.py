"""The product's services may do what they could do before, and not more."""

from upgradeproof.plan import Expectations
from upgradeproof.probes.attribution import distribution_upgraded
from upgradeproof.probes.unit_changes import Group
from upgradeproof.probes.unit_complaints import complaints
from upgradeproof.probes.unit_course import lost_dependencies
from upgradeproof.probes.unit_properties import UnitSettings
from upgradeproof.runner import State
from upgradeproof.runner.reasons import known


def found(installed: State, upgraded: State, expectations: Expectations, group: Group) -> list[str]:
    """Return one line for each difference between the units of both states."""
    before, after = installed[UnitSettings], upgraded[UnitSettings]
    distribution = distribution_upgraded(installed.facts, upgraded.facts)
    return [
        complaint.sentence
        for unit, now in after.items()
        if (was := before.get(unit))
        for complaint in (
            *complaints(unit, was, now),
            *lost_dependencies(unit, was, now, after, distribution=distribution),
        )
        if complaint.group is group
        and not known(upgraded, expectations, f"unit_properties/{unit}/{complaint.field}")
    ]


def test_no_service_runs_with_other_privileges(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    freer = found(installed, upgraded, expectations, Group.PRIVILEGE)
    assert not freer, "\n".join(freer)


def test_no_service_loses_access_to_what_it_used(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    differences = found(installed, upgraded, expectations, Group.ACCESS)
    assert not differences, "\n".join(differences)


def test_no_limit_of_a_service_is_lower(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    lower = found(installed, upgraded, expectations, Group.LIMIT)
    assert not lower, "\n".join(lower)


def test_no_environment_of_a_service_is_lost(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    lost = found(installed, upgraded, expectations, Group.ENVIRONMENT)
    assert not lost, "\n".join(lost)


def test_services_are_still_restarted_after_a_crash(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    lost = found(installed, upgraded, expectations, Group.RESTART)
    assert not lost, "\n".join(lost)


def test_services_are_stopped_as_before(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    """A database that is killed before it has written everything loses data at every stop."""
    changes = found(installed, upgraded, expectations, Group.STOP)
    assert not changes, "\n".join(changes)


def test_no_dependency_of_a_service_is_lost(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    """Without its order a service may start before what it needs, at some boots only."""
    lost = found(installed, upgraded, expectations, Group.DEPENDENCY)
    assert not lost, "\n".join(lost)


def test_settings_of_drop_ins_are_in_effect(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    void = found(installed, upgraded, expectations, Group.DROP_IN)
    before = installed[UnitSettings]
    void += [
        f"{', '.join(unit.drop_ins)}: there is no unit {name.removesuffix('.d')} any more, so that"
        " these settings have no effect"
        for name, unit in upgraded[UnitSettings].items()
        if unit.load == "not-found" and unit.drop_ins and not unit.running and name not in before
        if not known(upgraded, expectations, f"unit_properties/{name}")
    ]
    assert not void, "\n".join(void)


def test_no_service_runs_by_an_old_or_missing_unit_file(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    before = installed[UnitSettings]
    old = []
    for name, unit in upgraded[UnitSettings].items():
        was = before.get(name)
        path = f"unit_properties/{name}"
        gone = unit.running and unit.load == "not-found" and not (was and was.load == "not-found")
        unread = unit.needs_reload and not (was and was.needs_reload)
        field = "/load" if gone else "/needs_reload"
        if not (gone or unread) or known(upgraded, expectations, path + (field if was else "")):
            continue
        old.append(
            f"{name} runs, and its unit file is gone: it will not start again"
            if gone
            else f"{name} has a new unit file that systemd has not read"
        )
    assert not old, "\n".join(old)
