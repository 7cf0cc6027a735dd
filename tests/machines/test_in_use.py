"""What users and time do to a machine, on a real one with services that are good and bad at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.machines.probing import NOTHING, run
from tests.machines.starting import Start
from tests.unit.journey.world import cell
from upgradeproof.journey import InUse, State
from upgradeproof.machines import Machine
from upgradeproof.plan import Log
from upgradeproof.probes import read
from upgradeproof.results import Fidelity

SERVICES = {
    "calm": "sleep infinity",
    "spinning": "while :; do :; done",
    "once": "mkdir /run/once-lock && exec sleep infinity",
}


@pytest.fixture(scope="module")
def machine(start: Start) -> Iterator[Machine]:
    with start("in-use") as started:
        for name, script in SERVICES.items():
            unit = f"[Service]\nExecStart=/bin/sh -c '{script}'\n"
            started.put(unit.encode(), f"/etc/systemd/system/{name}.service")
        run(started, f"systemctl daemon-reload && systemctl start {' '.join(SERVICES)}")
        yield started


@pytest.fixture(scope="module")
def in_use(machine: Machine) -> InUse:
    expecting = cell(expect={"services": list(SERVICES)}, ready_timeout_s=20)
    fidelity = Fidelity(kernel="shared", execution="native")
    return InUse(
        State("upgraded", expecting, fidelity, read(machine, NOTHING), (), 0.0, (), lambda: machine)
    )


def test_only_a_service_that_is_always_busy_spins(in_use: InUse) -> None:
    assert list(in_use.spinning) == ["spinning"]
    assert 0.5 < in_use.spinning["spinning"] < 1.5


def test_a_service_starts_again(in_use: InUse) -> None:
    assert in_use.restart("calm") == ""


def test_a_service_that_starts_once_is_told_at_once(in_use: InUse) -> None:
    missing = in_use.restart("once")
    assert missing == "once is failed"
    in_use.run("rmdir /run/once-lock && systemctl restart once")


MOVED = "mv /var/log/a.log /var/log/a.log.1"


@pytest.mark.parametrize(
    ("rotate", "write", "said"),
    [
        pytest.param(MOVED, "echo new >/var/log/a.log", "", id="goes on in the new file"),
        pytest.param(
            MOVED,
            "echo new >>/var/log/a.log.1",
            "/var/log/a.log.1 was moved away, and the service still writes to it",
            id="goes on in the old file",
        ),
        pytest.param(
            "cp /var/log/a.log /var/log/a.log.1 && : >/var/log/a.log",
            "echo new >>/var/log/a.log",
            "",
            id="is cut short in its place",
        ),
        pytest.param(
            MOVED,
            ":",
            "nothing was written to /var/log/a.log after its rotation",
            id="is written no more",
        ),
        pytest.param("echo no such state; false", ":", "no such state", id="can't be rotated"),
    ],
)
def test_what_a_log_does_after_its_rotation(
    in_use: InUse, rotate: str, write: str, said: str
) -> None:
    in_use.run("rm -f /var/log/a.log*; echo old >/var/log/a.log")
    done = in_use.rotate(Log(path="/var/log/a.log", rotate=rotate, write=write))
    assert (done.ok, done.text) == (not said, said)
