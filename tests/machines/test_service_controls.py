"""Reload and stop of real services, good and bad ones."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.machines.probing import run
from tests.machines.starting import Start
from upgradeproof.probes import read
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.service_controls import ServiceControl, ServiceControls

UNITS = {
    "good": """trap : HUP; while :; do sleep 0.1; done""",
    "dies": "exec sleep infinity",
    "refuses": "exec sleep infinity",
    "plain": "exec sleep infinity",
    "deaf": """trap "" TERM; while :; do sleep 0.1; done""",
    "down": "exit 7",
}
RELOADS = dict.fromkeys(("good", "dies"), "/bin/kill -HUP $MAINPID") | {
    "refuses": """/bin/sh -c "echo no such option; exit 3\""""
}


@pytest.fixture(scope="module")
def controls(start: Start) -> Mapping[str, ServiceControl]:
    with start("controls") as machine:
        for name, script in UNITS.items():
            reload = f"ExecReload={RELOADS[name]}\n" if name in RELOADS else ""
            unit = f"[Service]\nExecStart=/bin/sh -c '{script}'\nTimeoutStopSec=2\n{reload}"
            machine.put(unit.encode(), f"/etc/systemd/system/{name}.service")
        run(machine, f"systemctl daemon-reload && systemctl start {' '.join(UNITS)}")
        wanted = ProbeInputs(services=tuple(f"{name}.service" for name in UNITS))
        return read(machine, wanted, (ServiceControls,))[ServiceControls]


def test_a_good_service_is_reloaded_and_stops(controls: Mapping[str, ServiceControl]) -> None:
    assert controls["good.service"] == ServiceControl(reload="success", stop="success")


def test_a_service_that_a_reload_ends_is_reported(controls: Mapping[str, ServiceControl]) -> None:
    """systemd counts the signal that its default handler ends a process by as a clean end."""
    found = controls["dies.service"]
    assert (found.reload, found.same_process, found.stop) == (
        "it is inactive afterwards",
        False,
        "",
    )


def test_a_reload_that_fails_has_its_log(controls: Mapping[str, ServiceControl]) -> None:
    found = controls["refuses.service"]
    assert found.reload == "exit status 1"
    assert "no such option" in "\n".join(found.log)


def test_a_unit_without_reload_has_none(controls: Mapping[str, ServiceControl]) -> None:
    assert controls["plain.service"] == ServiceControl(reload="", stop="success")


def test_a_service_that_systemd_has_to_kill_is_reported(
    controls: Mapping[str, ServiceControl],
) -> None:
    found = controls["deaf.service"]
    assert found.stop == "timeout"
    assert "Killing" in "\n".join(found.log)


def test_a_service_that_is_down_is_left_out(controls: Mapping[str, ServiceControl]) -> None:
    assert "down.service" not in controls
