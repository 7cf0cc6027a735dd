"""The product listens where it should, and answers there."""

import pytest

from upgradeproof.plan import Endpoint, Expectations, Port
from upgradeproof.probes.sockets import Sockets
from upgradeproof.runner import State


@pytest.mark.subject("open_port")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_port_listens_as_the_plan_expects(
    installed: State, upgraded: State, open_port: Port
) -> None:
    """The addresses count, too: a client of 127.0.0.1 is refused by a socket on ::1."""
    sockets = upgraded.listening(open_port.protocol, open_port.after)
    name = f"{open_port.protocol} port {open_port.after}"
    assert sockets, f"nothing listens on {name}"
    lost = upgraded.lost_addresses(installed, open_port)
    assert not lost, f"{name} does not listen on {lost}"


@pytest.mark.subject("owned_port")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_port_belongs_to_its_process(upgraded: State, owned_port: Port) -> None:
    sockets = upgraded.listening(owned_port.protocol, owned_port.after)
    assert {socket.process for socket in sockets} == {owned_port.process}


@pytest.mark.subject("former_port")
def test_former_port_is_free(upgraded: State, former_port: Port) -> None:
    assert not upgraded.listening(former_port.protocol, former_port.port)


@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_no_listening_port_is_lost(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    may_go = {(p.protocol, p.before) for p in expectations.port if p.change in ("moved", "retired")}
    before = {(s.protocol, s.port) for s in installed[Sockets].values()}
    after = {(s.protocol, s.port) for s in upgraded[Sockets].values()}
    holders = {
        (s.protocol, s.port): f"{s.process or 'the kernel'} ({s.unit or 'in no unit'})"
        for s in installed[Sockets].values()
    }
    lost = [
        f"lost: {protocol} port {port}, on which {holders[protocol, port]} listened before"
        for protocol, port in sorted(before - after - may_go)
    ]
    assert not lost, "\n".join(lost)


def test_no_port_is_opened_that_the_plan_does_not_name(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    may_come = {(p.protocol, p.after) for p in expectations.port}
    before = {(s.protocol, s.port) for s in installed[Sockets].values()}
    after = {(s.protocol, s.port) for s in upgraded[Sockets].values()}
    assert after - before <= may_come, f"opened: {sorted(after - before - may_come)}"


@pytest.mark.subject("endpoint")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_endpoint_answers(upgraded: State, endpoint: Endpoint) -> None:
    answer = upgraded.ask(endpoint)
    assert answer.fits(endpoint), f"{endpoint.id} on port {endpoint.port}: {answer}"
