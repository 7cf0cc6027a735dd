"""Ports that are lost: who held them; those that the kernel assigns at each start don't count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suites import test_service_ports as ports
from tests.unit.suites.states import state
from upgradeproof.plan import Expectations, Port
from upgradeproof.probes import Facts
from upgradeproof.probes.services import Service, Services
from upgradeproof.probes.sockets import ListeningSocket, Sockets
from upgradeproof.runner import State
from upgradeproof.runner.judging import judge

NOTHING = Expectations()


def listening(*numbers: int, unit: str = "app.service") -> Facts:
    """Return the sockets of a service; the kernel assigns numbers from 32768 on."""
    return Facts(
        {
            Sockets.section: {
                f"tcp/[::]:{number}": ListeningSocket(
                    protocol="tcp",
                    address="::",
                    port=number,
                    process="java",
                    user="app",
                    unit=unit,
                    ephemeral=number >= 32768,
                )
                for number in numbers
            }
        }
    )


def states(before: Facts, after: Facts) -> tuple[State, State]:
    changes = judge(state().cell, "upgraded", before, after)
    return replace(state(), facts=before), replace(state(), facts=after, changes=changes)


def test_another_number_of_the_kernels_choice_is_no_port_of_the_upgrade() -> None:
    before, after = states(listening(2181, 42081), listening(2181, 42175))
    ports.test_no_listening_port_is_lost(before, after, NOTHING)
    ports.test_no_port_is_opened_that_the_plan_does_not_name(before, after, NOTHING)


def test_a_further_one_is_reported() -> None:
    before, after = states(listening(2181, 42081), listening(2181, 42175, 42176))
    with pytest.raises(AssertionError, match=r"opened: \[\('tcp', 42175\), \('tcp', 42176\)\]"):
        ports.test_no_port_is_opened_that_the_plan_does_not_name(before, after, NOTHING)


def test_one_that_is_lost_is_reported() -> None:
    before, after = states(listening(2181, 42081), listening(2181))
    with pytest.raises(AssertionError, match=r"lost: \[\('tcp', 42081\)\]"):
        ports.test_no_listening_port_is_lost(before, after, NOTHING)


def test_a_boot_is_compared_with_the_upgraded_machine_for_them() -> None:
    """The baseline of packages is the old release after a boot, which never had either number."""
    upgraded, rebooted, old = listening(42175), listening(41071), listening(36169)
    changes = judge(state().cell, "rebooted", upgraded, rebooted, origin=old, baseline=old)
    assert [change.expected for change in changes] == [True, True]


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        (
            {"app.service": Service(active="active", sub="exited", log=("no such file",))},
            "app.service listened there before, and is active (exited)\n  no such file",
        ),
        ({}, "app.service listened there before, and is gone"),
    ],
)
def test_what_became_of_the_unit_of_a_silent_port_is_reported(
    units: dict[str, Service], reason: str
) -> None:
    after = Facts({Sockets.section: {}, Services.section: units})
    installed, upgraded = (replace(state(), facts=facts) for facts in (listening(2181), after))
    assert upgraded.silence(Port(port=2181), installed) == (
        f"nothing listens on tcp port 2181; {reason}"
    )
    with pytest.raises(AssertionError, match=r"^nothing listens on tcp port 2181; app\.service"):
        ports.test_port_listens_as_the_plan_expects(installed, upgraded, Port(port=2181))
