"""The services can still be reloaded and stopped, as before the upgrade; tried on clones."""

from collections.abc import Iterator

import pytest

from upgradeproof.probes.service_controls import SUCCESS, ServiceControl, ServiceControls
from upgradeproof.runner import State

SLOWER_S, SLOWER = 8.0, 4
"""How many seconds longer, and times as long, a start may take: a busy host delays each boot."""


def tried(before: State, after: State) -> Iterator[tuple[str, ServiceControl, ServiceControl]]:
    """Yield each service that was up in both states: its unit now, and how each state did."""
    for unit in after.cell.expect.units:
        was = before[ServiceControls].get(before.unit(unit.name))
        now = after[ServiceControls].get(after.unit(unit.name))
        if was is not None and now is not None:
            yield after.unit(unit.name), was, now


def with_log(text: str, control: ServiceControl) -> str:
    return "\n  ".join([text, *control.log])


@pytest.mark.follows("test_services::*_active*", "test_reboot::*_active*", "test_libraries::*")
def test_services_reload_as_before(installed_rebooted: State, rebooted: State) -> None:
    """Log rotation, renewed certificates and configuration management reload services."""
    worse = []
    reloaded = [each for each in tried(installed_rebooted, rebooted) if each[1].reload == SUCCESS]
    if not reloaded:
        pytest.skip("no service of the plan could be reloaded before the upgrade")
    for unit, was, now in reloaded:
        if rebooted.reason_for(f"service_controls/{unit}/reload"):
            continue
        if not now.reload:
            worse.append(f"{unit} can't be reloaded any more: its unit has no ExecReload")
        elif now.reload != SUCCESS:
            worse.append(with_log(f"{unit} can't be reloaded any more: {now.reload}", now))
        elif was.same_process and not now.same_process:
            worse.append(f"{unit} starts another process when it is reloaded: connections break")
    assert not worse, "\n".join(worse)


@pytest.mark.follows("test_services::*_active*", "test_reboot::*_active*", "test_libraries::*")
def test_services_stop_as_before(installed_rebooted: State, rebooted: State) -> None:
    """A service that systemd has to kill loses what it has not written, at every reboot."""
    stopped = [each for each in tried(installed_rebooted, rebooted) if each[1].stop == SUCCESS]
    if not stopped:
        pytest.skip("no service of the plan was up and stopped properly before the upgrade")
    worse = [
        with_log(f"{unit} does not stop properly any more: {now.stop}", now)
        for unit, _, now in stopped
        if now.stop not in ("", SUCCESS)
        and not rebooted.reason_for(f"service_controls/{unit}/stop")
    ]
    assert not worse, "\n".join(worse)


@pytest.mark.follows("test_services::*_active*", "test_reboot::*_active*", "test_libraries::*")
def test_services_start_as_fast_as_before(installed_rebooted: State, rebooted: State) -> None:
    """While a service starts, no client is answered: after each boot, restart and upgrade."""
    both = list(tried(installed_rebooted, rebooted))
    if not both:
        pytest.skip("no service of the plan was up in both releases")
    slower = [
        f"{unit} needs {now.start_s:.1f} s to start, and needed {was.start_s:.1f} s"
        for unit, was, now in both
        if now.start_s - was.start_s >= SLOWER_S
        and now.start_s >= SLOWER * was.start_s
        and not rebooted.reason_for(f"service_controls/{unit}/start_s")
    ]
    assert not slower, "\n".join(slower)
