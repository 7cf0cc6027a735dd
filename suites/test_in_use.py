"""The new release works in use: it writes, restarts, rotates its logs, and logs no new errors."""

import pytest

from upgradeproof.plan import Data, Endpoint, Log
from upgradeproof.runner import InUse

pytestmark = pytest.mark.destructive


@pytest.mark.subject("data")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_data_is_written(in_use: InUse, data: Data) -> None:
    done = in_use.write(data)
    assert done.ok, f"{data.id} could be written before the upgrade, and can't now: {done.tail}"
    assert in_use.read(data) == in_use.expected(data)


@pytest.mark.subject("service")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_service_starts_again(in_use: InUse, service: str) -> None:
    """All services are restarted once, and each has to stay up for `min_uptime_s` after it."""
    complaint = in_use.restarts.complaints[service]
    assert not complaint, f"after a restart of {service}: {complaint}"


@pytest.mark.follows(
    "test_services::*_active*",
    "test_service_ports::test_port_listens*",
    "test_in_use::test_service_starts*",
)
def test_ports_listen_after_a_restart(in_use: InUse) -> None:
    assert not in_use.restarts.missing, "\n".join(in_use.restarts.missing)


@pytest.mark.subject("endpoint")
@pytest.mark.follows(
    "test_services::*_active*",
    "test_service_ports::test_endpoint_answers*",
    "test_in_use::test_service_starts*",
)
def test_endpoint_answers_after_a_restart(in_use: InUse, endpoint: Endpoint) -> None:
    answer = in_use.restarted.ask_after_start(endpoint)
    assert answer.fits(endpoint), f"{endpoint.id} on port {endpoint.port}, restarted: {answer}"


@pytest.mark.subject("data")
@pytest.mark.follows(
    "test_services::*_active*", "test_data::test_data_written*", "test_in_use::test_service_starts*"
)
def test_data_is_read_after_a_restart(in_use: InUse, data: Data) -> None:
    in_use.restarts  # noqa: B018  # it is done when it is first asked for
    found = in_use.read(data)
    assert found == in_use.expected(data), f"{data.id} after a restart of the services: {found}"


@pytest.mark.subject("service")
def test_service_does_not_spin(in_use: InUse, service: str) -> None:
    wanted = in_use.spinning.get(service, 0.0)
    assert not wanted, (
        f"no client sends a request to {service}, and it keeps {wanted:.1f} processors busy"
    )


@pytest.mark.subject("log")
def test_log_goes_on_after_its_rotation(in_use: InUse, log: Log) -> None:
    done = in_use.rotate(log)
    assert done.ok, done.tail
