"""A port that listens, but on another address than before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suites import test_reboot, test_service_ports
from tests.unit.suites.states import state_with
from upgradeproof.plan import Port
from upgradeproof.probes.services import Services
from upgradeproof.probes.sockets import ListeningSocket, Sockets
from upgradeproof.runner import State

PORT = Port(port=3000)


def listening(*addresses: str) -> State:
    sockets = {
        f"tcp/{address}:3000": ListeningSocket(
            protocol="tcp", address=address, port=3000, process="app", unit="app.service"
        )
        for address in addresses
    }
    return state_with({Services: {}, Sockets: sockets})


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (test_service_ports.test_port_listens_as_the_plan_expects, "tcp port 3000"),
        (test_reboot.test_port_listens_after_a_reboot, "after a boot tcp port 3000"),
    ],
)
def test_a_lost_address_is_named_with_those_that_are_left(
    check: Callable[[State, State, Port], None], words: str
) -> None:
    with pytest.raises(AssertionError) as caught:
        check(listening("127.0.0.1"), listening("::1"), PORT)
    assert str(caught.value).split("\n")[0] == (
        f"{words} does not listen on 127.0.0.1 any more, only on ::1 (app.service)"
    )
    check(listening("127.0.0.1", "::1"), listening("::"), PORT)
    with pytest.raises(AssertionError, match="nothing listens on tcp port 3000"):
        check(listening("127.0.0.1"), listening(), PORT)
