"""Complaints about services after their restart: a wrapper may become a daemon itself."""

from __future__ import annotations

import pytest

from tests.unit.suites.states import state
from upgradeproof.probes import Facts
from upgradeproof.probes.endurance import Stay
from upgradeproof.probes.services import Service, Services
from upgradeproof.runner import State
from upgradeproof.runner.restarts import complaints_of

WRAPPER = Service(active="active", sub="exited", parts=("mail@-.service",))
DAEMON = WRAPPER.model_copy(update={"sub": "running"})
PART = Service(active="active", sub="running")
STOPPED = Stay(active="inactive", sub="dead")
FAILED = Stay(active="failed", sub="failed", result="exit-code")


def upgraded(main: Service) -> State:
    sound = state(expect={"services": ["mail"]})
    facts = Facts({Services.section: {"mail.service": main, "mail@-.service": PART}})
    return State("upgraded", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


@pytest.mark.parametrize(
    ("before", "main", "part", "complaints"),
    [
        (WRAPPER, Stay(active="active", sub="running"), STOPPED, []),
        (
            WRAPPER,
            Stay(active="active", sub="running"),
            FAILED,
            ["mail@-.service is failed (failed, exit-code)"],
        ),
        (
            WRAPPER,
            Stay(active="active", sub="exited"),
            STOPPED,
            ["mail@-.service is inactive (dead, success)"],
        ),
        (
            DAEMON,
            Stay(active="active", sub="running"),
            STOPPED,
            ["mail@-.service is inactive (dead, success)"],
        ),
    ],
)
def test_parts_of_a_wrapper_that_became_a_daemon_may_stop(
    before: Service, main: Stay, part: Stay, complaints: list[str]
) -> None:
    stays = {"mail.service": main, "mail@-.service": part}
    assert list(complaints_of(upgraded(before), "mail", stays)) == complaints
