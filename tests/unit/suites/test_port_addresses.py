"""A port that listens, but on another address than before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from suites import test_reboot, test_service_ports
from tests.unit.suites.states import state_with
from upgradeproof.plan import Port
from upgradeproof.probes.services import Service, Services
from upgradeproof.probes.sockets import ListeningSocket, Sockets
from upgradeproof.results import Change
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


@pytest.mark.parametrize("known", [False, True])
def test_a_part_that_is_known_to_be_gone_is_not_required(known: bool) -> None:
    wrapper = Service(enabled="enabled", active="active", sub="exited")
    part = Service(enabled="static", active="active", sub="running")
    units = {"app.service": wrapper, "app@-.service": part}
    before = state_with({Services: units})
    after = state_with({Services: {"app.service": wrapper}})
    if known:
        gone = Change(
            path="services/app@-.service", before="", after=None, expected=True, reason="known"
        )
        after = replace(after, changes=(gone,))
        test_reboot.test_parts_of_service_are_active_after_a_reboot(before, after, "app")
        return
    with pytest.raises(AssertionError, match=r"app@-\.service was active, and is gone"):
        test_reboot.test_parts_of_service_are_active_after_a_reboot(before, after, "app")
