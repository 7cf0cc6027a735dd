"""A reload or a stop that goes wrong since the upgrade is reported; what always did is not."""

from __future__ import annotations

from contextlib import suppress

import pytest

from suites import test_service_controls as controls
from tests.unit.suites.states import state
from upgradeproof.probes import Facts, ProbeInputs
from upgradeproof.probes.service_controls import ServiceControl, ServiceControls
from upgradeproof.runner import State

EXPECT = {"services": ["web"]}
GOOD = ServiceControl(reload="success", stop="success")
UNCHANGED = (
    ServiceControl(reload="exit status 1", stop="timeout"),
    ServiceControl(reload="success", same_process=False, stop="exit-code"),
    ServiceControl(),
)


def state_with(name: str, control: ServiceControl | None, **more: object) -> State:
    sound = state(name=name, expect={**EXPECT, **more})
    records = {"web.service": control} if control else {}
    facts = Facts({ServiceControls.section: records})
    return State(name, sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


BEFORE = state_with("installed_rebooted", GOOD)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (ServiceControl(), "web.service can't be reloaded any more: its unit has no ExecReload"),
        (
            ServiceControl(reload="it is failed afterwards", log=("killed by HUP",)),
            "web.service can't be reloaded any more: it is failed afterwards\n  killed by HUP",
        ),
        (
            ServiceControl(reload="success", same_process=False),
            "web.service starts another process when it is reloaded: connections break",
        ),
    ],
)
def test_a_reload_that_got_worse_is_reported(now: ServiceControl, reason: str) -> None:
    with pytest.raises(AssertionError) as caught:
        controls.test_services_reload_as_before(BEFORE, state_with("rebooted", now))
    lines = [line.strip() for line in str(caught.value).split("\n")]
    assert lines[: reason.count("\n") + 1] == [line.strip() for line in reason.split("\n")]


@pytest.mark.parametrize("control", UNCHANGED)
def test_what_was_so_before_the_upgrade_is_no_failure(control: ServiceControl) -> None:
    before, after = state_with("installed_rebooted", control), state_with("rebooted", control)
    for check in (controls.test_services_reload_as_before, controls.test_services_stop_as_before):
        with suppress(pytest.skip.Exception):
            check(before, after)


@pytest.mark.parametrize("missing", ["before", "after"])
def test_a_service_that_is_not_up_is_for_other_checks(missing: str) -> None:
    before = state_with("installed_rebooted", None if missing == "before" else GOOD)
    after = state_with("rebooted", None if missing == "after" else GOOD)
    with pytest.raises(pytest.skip.Exception, match="could be reloaded before the upgrade"):
        controls.test_services_reload_as_before(before, after)
    with pytest.raises(pytest.skip.Exception, match="stopped properly before the upgrade"):
        controls.test_services_stop_as_before(before, after)


def test_the_plan_may_expect_it() -> None:
    known = [
        {"facts": [f"service_controls/web.service/{field}"], "reason": "so it is documented"}
        for field in ("reload", "stop")
    ]
    after = state_with("rebooted", ServiceControl(stop="timeout"), change=known)
    controls.test_services_reload_as_before(BEFORE, after)
    controls.test_services_stop_as_before(BEFORE, after)


@pytest.mark.parametrize(
    ("was_s", "now_s", "slow"), [(0.2, 15.0, True), (0.2, 5.0, False), (30.0, 60.0, False)]
)
def test_a_start_that_takes_many_times_as_long_is_reported(
    was_s: float, now_s: float, *, slow: bool
) -> None:
    before = state_with("installed_rebooted", ServiceControl(start_s=was_s))
    after = state_with("rebooted", ServiceControl(start_s=now_s))
    if not slow:
        controls.test_services_start_as_fast_as_before(before, after)
        return
    with pytest.raises(AssertionError, match=r"web\.service needs 15\.0 s to start"):
        controls.test_services_start_as_fast_as_before(before, after)


def test_a_start_is_measured_from_its_beginning_to_its_end() -> None:
    output = "unit\tweb.service\t7\nstart\tweb.service\t5000000\t20100000\n"
    found = ServiceControls.parse(output, ProbeInputs())
    assert found["web.service"].start_s == 15.1
