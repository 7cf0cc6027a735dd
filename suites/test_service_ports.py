"""The product listens where it should, and answers there."""

import pytest

from upgradeproof.plan import Endpoint, Expectations, Port
from upgradeproof.probes.sockets import Sockets
from upgradeproof.runner import State

SLOW_S = 3.0
"""A shorter answer is never too slow. Delays by a timeout, as of a resolver, take 5 s and more."""
SLOWER = 3.0
"""How many times as long an answer may take: an emulated machine is slow before and after."""


@pytest.mark.subject("open_port")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_port_listens_as_the_plan_expects(
    installed: State, upgraded: State, open_port: Port
) -> None:
    """The addresses count, too: a client of 127.0.0.1 is refused by a socket on ::1."""
    sockets = upgraded.listening(open_port.protocol, open_port.after)
    assert sockets, upgraded.silence(open_port, installed)
    lost = upgraded.lost_addresses(installed, open_port)
    assert not lost, lost


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
    before, after = listening_ports(installed, upgraded)
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
    before, after = listening_ports(installed, upgraded)
    assert after - before <= may_come, f"opened: {sorted(after - before - may_come)}"


@pytest.mark.subject("endpoint")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_endpoint_answers(upgraded: State, endpoint: Endpoint) -> None:
    answer = upgraded.ask(endpoint)
    assert answer.fits(endpoint), f"{endpoint.id} on port {endpoint.port}: {answer}"


@pytest.mark.subject("endpoint")
@pytest.mark.follows("*::*_active*", "test_service_ports::test_endpoint_answers[*")
def test_endpoint_answers_as_fast_as_before(
    installed: State, upgraded: State, endpoint: Endpoint
) -> None:
    """A name that is not resolved any more, or a login that waits for a service, takes seconds."""
    now_s = upgraded.answer_s(endpoint, enough_s=SLOW_S)
    if now_s is None or now_s < SLOW_S:
        return
    was_s = installed.answer_s(endpoint, enough_s=SLOW_S)
    assert was_s is None or now_s < was_s * SLOWER + SLOW_S, (
        f"{endpoint.id} took {was_s:.1f} s to answer, and takes {now_s:.1f} s now: the shortest of"
        " three times each"
    )


@pytest.mark.subject("endpoint")
@pytest.mark.follows("*::*_active*", "test_service_ports::test_endpoint_answers[*")
def test_endpoint_answers_without_new_messages(
    installed: State, upgraded: State, endpoint: Endpoint
) -> None:
    """A page that holds what is expected may hold a program's warnings, too: clients read both."""
    now = upgraded.messages(endpoint)
    new = now.keys() - installed.messages(endpoint).keys() if now else set()
    assert not new, "\n".join(
        (f"the answer of {endpoint.id} contains:", *(now[each] for each in sorted(new)))
    )


def listening_ports(before: State, after: State) -> tuple[set[tuple[str, int]], ...]:
    """Return protocols and ports of both states, without those that the kernel assigned again."""
    return tuple(
        {
            (socket.protocol, socket.port)
            for key, socket in state[Sockets].items()
            if not (socket.ephemeral and after.reason_for(f"sockets/{key}"))
        }
        for state in (before, after)
    )
