"""Ports that are lost, those that the kernel assigns at each start, and slow endpoints."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from suites import test_service_ports as ports
from tests.unit.suites.states import state
from upgradeproof.endpoints import Answer, messages
from upgradeproof.plan import Endpoint, Expectations, Port
from upgradeproof.probes import Facts
from upgradeproof.probes.services import Service, Services
from upgradeproof.probes.sockets import ListeningSocket, Sockets
from upgradeproof.runner import State
from upgradeproof.runner.judging import judge

NOTHING = Expectations()
SITE = Endpoint.model_validate({"id": "site", "kind": "http", "port": 80, "contains": "ok"})


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
    with pytest.raises(AssertionError, match=r"lost: tcp port 42081, on which java"):
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


@dataclass(frozen=True, eq=False, repr=False)
class TimedState(State):
    """A state whose endpoints take a known time to answer."""

    takes_s: float | None = None

    def answer_s(self, endpoint: Endpoint, *, enough_s: float) -> float | None:
        return self.takes_s


def timed(takes_s: float | None) -> TimedState:
    sound = state()
    return TimedState(
        *("upgraded", sound.cell, sound.fidelity, sound.facts, (), 0.0, ()),
        lambda: sound.machine,
        takes_s=takes_s,
    )


@pytest.mark.parametrize(
    ("was_s", "now_s"), [(0.1, 2.9), (2.0, 8.9), (None, 20.0), (0.1, None), (30.0, 31.0)]
)
def test_an_endpoint_that_is_about_as_fast_as_before_passes(
    was_s: float | None, now_s: float | None
) -> None:
    ports.test_endpoint_answers_as_fast_as_before(timed(was_s), timed(now_s), SITE)


@pytest.mark.parametrize(("was_s", "now_s"), [(0.1, 3.4), (0.04, 25.0), (2.0, 9.1)])
def test_an_endpoint_that_is_much_slower_is_reported(was_s: float, now_s: float) -> None:
    with pytest.raises(AssertionError) as caught:
        ports.test_endpoint_answers_as_fast_as_before(timed(was_s), timed(now_s), SITE)
    assert str(caught.value).startswith(
        f"site took {was_s:.1f} s to answer, and takes {now_s:.1f} s now"
    )


class AskedState(State):
    """A state that answers each request with the next of some bodies."""

    def expecting(self, *bodies: str) -> AskedState:
        self.__dict__["bodies"] = list(bodies)
        return self

    def ask(self, endpoint: Endpoint) -> Answer:
        return Answer(status=200, body=self.__dict__["bodies"].pop(0))


@pytest.mark.parametrize(
    ("bodies", "enough_s", "left", "answers"),
    [
        (["ok", "ok"], 60.0, 1, True),
        (["ok", "ok", "ok", "ok"], 0.0, 1, True),
        (["ok", "error", "ok"], 0.0, 1, False),
    ],
)
def test_an_endpoint_is_asked_three_times_unless_it_is_fast_or_wrong(
    bodies: list[str], enough_s: float, left: int, answers: bool
) -> None:
    sound = state()
    asked = AskedState(
        *("upgraded", sound.cell, sound.fidelity, sound.facts, (), 0.0, ()), lambda: sound.machine
    ).expecting(*bodies)
    assert (asked.answer_s(SITE, enough_s=enough_s) is not None) == answers
    assert len(asked.__dict__["bodies"]) == left


WARNING = "Warning: Undefined variable $x in /srv/site.php on line 4\n"


class RepliedState(State):
    """A state whose endpoints give one body."""

    def replying(self, body: str) -> RepliedState:
        self.__dict__["replied"] = body
        return self

    def messages(self, endpoint: Endpoint) -> dict[str, str]:
        return messages(self.__dict__["replied"])


def replied(body: str) -> RepliedState:
    sound = state()
    return RepliedState(
        *("upgraded", sound.cell, sound.fidelity, sound.facts, (), 0.0, ()), lambda: sound.machine
    ).replying(body)


def test_a_page_with_a_new_warning_of_its_program_is_reported() -> None:
    ports.test_endpoint_answers_without_new_messages(
        replied(WARNING), replied(WARNING.replace("4", "5")), SITE
    )
    with pytest.raises(AssertionError, match=r"answer of site contains:\n *Warning: Undefined"):
        ports.test_endpoint_answers_without_new_messages(replied("ok"), replied(WARNING), SITE)
