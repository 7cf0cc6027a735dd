"""The machine starts again, and is what it was: the upgrade proves itself at the next boot."""

import pytest

from upgradeproof.plan import Data, Endpoint, Port
from upgradeproof.probes.endurance import Endurance
from upgradeproof.probes.services import Services
from upgradeproof.probes.unit_failures import newly_failed, no_longer_active
from upgradeproof.runner import State


@pytest.mark.subject("service")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_service_is_active_after_a_reboot(rebooted: State, service: str) -> None:
    unit = rebooted[Services][rebooted.unit(service)]
    assert unit.active == "active", (
        f"after a boot {service} is {unit.active} ({unit.sub}, {unit.result}){unit.last_words}"
    )


@pytest.mark.subject("service")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_parts_of_service_are_active_after_a_reboot(
    installed_rebooted: State, rebooted: State, service: str
) -> None:
    parts = [
        unit
        for unit in installed_rebooted.units(service)[1:]
        if unit in rebooted[Services] or not rebooted.reason_for(f"services/{unit}")
    ]
    down = no_longer_active(parts, installed_rebooted[Services], rebooted[Services])
    assert not down, "\n".join(["after a boot:", *down])


@pytest.mark.subject("service")
@pytest.mark.follows(
    "*::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_service_stays_up_after_a_reboot(
    installed_rebooted: State, rebooted: State, service: str
) -> None:
    """It is watched for `min_uptime_s`, or for its own delay between two restarts."""
    before, after = installed_rebooted[Endurance], rebooted[Endurance]
    for name in (unit for unit in rebooted.units(service) if unit in after):
        stay = after[name]
        log = "".join(f"\n  {line}" for line in stay.log)
        assert stay.active != "active" or not stay.restarted, (
            f"{name} was restarted while it was watched after a boot{log}"
        )
        known = before[name].restarts if name in before else 0
        assert stay.restarts <= known, (
            f"systemd restarted {name} {stay.restarts} times automatically after a boot,"
            f" {known} times before the upgrade{log}"
        )
        was = rebooted[Services].get(name)
        assert not (was and was.active == "active") or stay.active == "active", (
            f"{name} was up after a boot, and is {stay.active} ({stay.result}) a little later{log}"
        )


@pytest.mark.follows(
    "test_services::test_no_unit_fails*",
    "*::*_active*",
    "test_config_checks::test_no_daemon_refuses*",
    "test_libraries::*",
)
def test_no_unit_fails_after_a_reboot(installed_rebooted: State, rebooted: State) -> None:
    failed = newly_failed(installed_rebooted[Services], rebooted[Services])
    assert not failed, "\n".join(["after a boot:", *failed])


@pytest.mark.subject("open_port")
@pytest.mark.follows(
    "*::*_active*",
    "test_service_ports::test_port_listens*",
    "test_config_checks::test_no_daemon_refuses*",
    "test_libraries::*",
)
def test_port_listens_after_a_reboot(
    installed_rebooted: State, rebooted: State, open_port: Port
) -> None:
    sockets = rebooted.listening(open_port.protocol, open_port.after)
    assert sockets, f"after a boot {rebooted.silence(open_port, installed_rebooted)}"
    lost = rebooted.lost_addresses(installed_rebooted, open_port)
    assert not lost, f"after a boot {lost}"


@pytest.mark.subject("endpoint")
@pytest.mark.follows(
    "*::*_active*",
    "test_service_ports::test_endpoint_answers*",
    "test_config_checks::test_no_daemon_refuses*",
    "test_libraries::*",
)
def test_endpoint_answers_after_a_reboot(rebooted: State, endpoint: Endpoint) -> None:
    answer = rebooted.ask_after_start(endpoint)
    assert answer.fits(endpoint), f"{endpoint.id} on port {endpoint.port}, after a boot: {answer}"


@pytest.mark.subject("data")
@pytest.mark.follows(
    "*::*_active*",
    "test_data::test_data_written*",
    "test_config_checks::test_no_daemon_refuses*",
    "test_libraries::*",
)
def test_data_written_before_is_read_after_a_reboot(rebooted: State, data: Data) -> None:
    assert rebooted.read(data) == data.expected()


def test_a_reboot_changes_nothing_unexpected(rebooted: State) -> None:
    unexplained = rebooted.unexplained
    assert not unexplained, unexplained
