"""The checks of unix sockets, schedules and properties of units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from suites import test_schedules as schedules
from suites import test_unit_properties as units
from suites import test_unix_sockets as sockets
from tests.unit.suites.states import state
from upgradeproof.plan import Expectations
from upgradeproof.probes import Difference, Facts, Probe, Record
from upgradeproof.probes.jobs import Schedule
from upgradeproof.probes.schedules import Schedules
from upgradeproof.probes.unit_properties import UnitSettings
from upgradeproof.probes.unit_table import UnitProperties
from upgradeproof.probes.unix_sockets import UnixSocket, UnixSockets
from upgradeproof.results import Change
from upgradeproof.runner import State

NOTHING = Expectations()


def state_with(probe: type[Probe[Any]], records: Mapping[str, Record], *known: str) -> State:
    """Return a state with records of one probe, in which changes of some paths are known."""
    changes = tuple(
        Change(path=path, before="1", after="2", expected=True, reason="so it is", source="known")
        for path in known
    )
    return replace(state(), facts=Facts({probe.section: records}), changes=changes)


def expecting(path: str) -> Expectations:
    change = {"facts": [path], "reason": "the new release does so"}
    return Expectations.model_validate({"change": [change]})


def socket(mode: str, owner: str = "root") -> dict[str, UnixSocket]:
    found = UnixSocket(kind="stream", mode=mode, owner=owner, group=owner, unit="a.socket")
    return {"/run/a.sock": found}


def test_a_socket_that_is_closed_to_others_is_reported_with_both_modes() -> None:
    before = state_with(UnixSockets, socket("0666"))
    after = socket("0660", "www")
    with pytest.raises(AssertionError) as caught:
        sockets.test_access_to_unix_sockets_is_as_before(
            before, state_with(UnixSockets, after), NOTHING
        )
    assert str(caught.value).startswith(
        "/run/a.sock of a.socket was 0666 root:root, is 0660 www:www: only www and members of the"
        " group www may connect now"
    )
    plan = expecting("unix_sockets//run/a.sock/*")
    sockets.test_access_to_unix_sockets_is_as_before(before, state_with(UnixSockets, after), plan)
    known = state_with(UnixSockets, after, "unix_sockets//run/a.sock/mode")
    sockets.test_access_to_unix_sockets_is_as_before(before, known, NOTHING)


def test_the_right_to_read_a_socket_lets_no_other_user_connect() -> None:
    before, after = socket("0750"), socket("0755")
    sockets.test_access_to_unix_sockets_is_as_before(
        state_with(UnixSockets, before), state_with(UnixSockets, after), NOTHING
    )
    line = Difference(path="unix_sockets//run/a.sock/mode", before="0750", after="0755")
    was, now = (Facts({UnixSockets.section: {**it}}) for it in (before, after))
    assert UnixSockets.explain(line, was, now)
    opened = Facts({UnixSockets.section: {**socket("0777")}})
    assert not UnixSockets.explain(line, was, opened)


def test_a_socket_that_opens_to_all_is_reported() -> None:
    with pytest.raises(AssertionError, match="every user may connect now"):
        sockets.test_access_to_unix_sockets_is_as_before(
            state_with(UnixSockets, socket("0660")),
            state_with(UnixSockets, socket("0666")),
            NOTHING,
        )


def test_a_lost_socket_is_reported() -> None:
    before, after = state_with(UnixSockets, socket("0666")), state_with(UnixSockets, {})
    with pytest.raises(AssertionError, match=r"listens any more on /run/a\.sock of a\.socket"):
        sockets.test_no_unix_socket_is_lost(before, after, NOTHING)
    sockets.test_no_unix_socket_is_lost(before, after, expecting("unix_sockets//run/a.sock"))


def job(kind: str, schedule: str) -> Schedule:
    return Schedule(
        kind=kind, schedule=(schedule,), source=kind, programs=("/usr/sbin/a",), package="a"
    )


def test_a_second_schedule_is_reported_with_both() -> None:
    cron, timer = job("cron", "30 6 * * *"), job("timer", "OnCalendar=*-*-* *:02:00")
    before = state_with(Schedules, {"cron.d/a:a": cron})
    after = state_with(Schedules, {"cron.d/a:a": cron, "timer/a.timer": timer})
    with pytest.raises(AssertionError) as caught:
        schedules.test_no_job_is_run_by_a_second_schedule(before, after, NOTHING)
    assert str(caught.value).startswith(
        "/usr/sbin/a is run by cron.d/a:a (30 6 * * *) as before, and now also by timer/a.timer"
        " (OnCalendar=*-*-* *:02:00)"
    )
    plan = expecting("schedules/timer/a.timer")
    schedules.test_no_job_is_run_by_a_second_schedule(before, after, plan)


def test_a_job_that_no_longer_runs_is_reported_with_the_reason() -> None:
    before = state_with(Schedules, {"cron.daily/a": job("cron", "25 6 * * *")})
    idle = job("cron", "25 6 * * *").model_copy(update={"inactive": "cron is not installed"})
    with pytest.raises(AssertionError, match="cron is not installed"):
        schedules.test_no_job_is_scheduled_no_more(
            before, state_with(Schedules, {"cron.daily/a": idle}), NOTHING
        )
    with pytest.raises(AssertionError, match="no schedule has it any more"):
        schedules.test_no_job_is_scheduled_no_more(before, state_with(Schedules, {}), NOTHING)
    known = state_with(Schedules, {}, "schedules/cron.daily/a")
    schedules.test_no_job_is_scheduled_no_more(before, known, NOTHING)


def test_another_time_is_reported() -> None:
    before = state_with(Schedules, {"t": job("timer", "OnCalendar=*-*-* *:02:00")})
    after = state_with(Schedules, {"t": job("timer", "OnCalendar=*-*-* 00:00:00")})
    with pytest.raises(AssertionError, match=r"t: was OnCalendar=\*-\*-\* \*:02:00, is"):
        schedules.test_no_job_runs_at_another_time(before, after, NOTHING)


def unit(**fields: Any) -> dict[str, UnitProperties]:
    return {"a.service": UnitProperties.model_validate({"declared": True, **fields})}


@pytest.mark.parametrize(
    ("check", "was", "now", "sentence"),
    [
        (
            units.test_no_service_runs_with_other_privileges,
            {"user": ["app"]},
            {},
            "User was app, is root",
        ),
        (
            units.test_no_service_loses_access_to_what_it_used,
            {"uses": ["names /home/x (/etc/a.conf)"]},
            {"protect_home": ["yes"]},
            "ProtectHome was no, is yes",
        ),
        (
            units.test_no_limit_of_a_service_is_lower,
            {"limit_nofile": ["65536"]},
            {},
            "LimitNOFILE was 65536, is the default",
        ),
        (
            units.test_no_environment_of_a_service_is_lost,
            {"environment_files": ["/etc/default/a"]},
            {},
            "no longer reads /etc/default/a",
        ),
        (
            units.test_services_are_still_restarted_after_a_crash,
            {"restart": ["always"]},
            {},
            "Restart was always",
        ),
        (
            units.test_services_are_stopped_as_before,
            {"timeout_stop_usec": ["15min"]},
            {"timeout_stop_usec": ["10s"]},
            "less time to stop before it is killed: TimeoutStopUSec was 15min, is 10s",
        ),
        (
            units.test_no_dependency_of_a_service_is_lost,
            {"on_failure": ["mail@a.service"]},
            {},
            r"a.service no longer starts mail@a.service when it fails \(OnFailure=\)",
        ),
        (
            units.test_no_dependency_of_a_service_is_lost,
            {"after": ["network-online.target"]},
            {},
            "a.service no longer waits for network-online.target",
        ),
        (
            units.test_settings_of_drop_ins_are_in_effect,
            {"drop_ins": ["/etc/x.conf"], "set_by_drop_in": ["Nice"], "nice": ["5"]},
            {},
            "Nice was 5, is the default",
        ),
        (
            units.test_no_service_runs_by_an_old_or_missing_unit_file,
            {},
            {"needs_reload": True},
            "has a new unit file that systemd has not read",
        ),
        (
            units.test_no_service_runs_by_an_old_or_missing_unit_file,
            {},
            {"load": "not-found", "running": True},
            "its unit file is gone",
        ),
    ],
)
def test_a_lost_property_of_a_unit_is_reported(
    check: Any, was: Any, now: Any, sentence: str
) -> None:
    before, after = state_with(UnitSettings, unit(**was)), state_with(UnitSettings, unit(**now))
    with pytest.raises(AssertionError, match=sentence):
        check(before, after, NOTHING)
    check(before, before, NOTHING)
    check(before, after, expecting("unit_properties/a.service/*"))


def test_drop_ins_of_a_removed_unit_are_reported() -> None:
    orphan = UnitProperties(load="not-found", drop_ins=("/etc/systemd/system/a.service.d/l.conf",))
    before = state_with(UnitSettings, unit())
    after = state_with(UnitSettings, {"a.service.d": orphan})
    with pytest.raises(AssertionError, match=r"l\.conf: there is no unit a\.service any more"):
        units.test_settings_of_drop_ins_are_in_effect(before, after, NOTHING)
    units.test_settings_of_drop_ins_are_in_effect(after, after, NOTHING)


def test_another_user_of_a_job_is_reported_unless_the_distribution_was_upgraded() -> None:
    old = job("cron", "1 6 * * *").model_copy(update={"user": "app"})
    new = old.model_copy(update={"user": "root"})
    before, after = (state_with(Schedules, {"cron.d/a:a": each}) for each in (old, new))
    with pytest.raises(AssertionError, match=r"cron\.d/a:a of cron runs as root, and ran as app"):
        schedules.test_no_job_runs_as_another_user(before, after, NOTHING)
    schedules.test_no_job_runs_as_another_user(before, before, NOTHING)
    schedules.test_no_job_runs_as_another_user(before, after, expecting("schedules/cron.d/a:a"))
