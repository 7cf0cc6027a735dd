"""Use of a machine over time: restarts, load and log rotation of good and bad real services."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.machines.probing import NOTHING, run
from tests.machines.starting import Start
from tests.unit.runner.world import cell
from upgradeproof.machines import Machine
from upgradeproof.plan import Log
from upgradeproof.probes import read
from upgradeproof.results import Fidelity
from upgradeproof.runner import InUse, State

SERVICES = {
    "calm": "sleep infinity",
    "spinning": "while :; do :; done",
    "once": "mkdir /run/once-lock && exec sleep infinity",
    "soon-dead": "[ -e /run/seen ] || { touch /run/seen; exec sleep infinity; }; sleep 3; exit 7",
    "looping": "[ -e /run/met ] || { touch /run/met; exec sleep infinity; }; sleep 3; exit 7",
    "dead": "exit 7",
}
RESTART = {"looping": "Restart=always\nRestartSec=1\n"}


@pytest.fixture(scope="module")
def machine(start: Start) -> Iterator[Machine]:
    with start("in-use") as started:
        for name, script in SERVICES.items():
            unit = f"[Service]\nExecStart=/bin/sh -c '{script}'\n{RESTART.get(name, '')}"
            started.put(unit.encode(), f"/etc/systemd/system/{name}.service")
        run(started, f"systemctl daemon-reload && systemctl start {' '.join(SERVICES)}")
        yield started


@pytest.fixture(scope="module")
def in_use(machine: Machine) -> InUse:
    expecting = cell(expect={"services": list(SERVICES)}, ready_timeout_s=20, min_uptime_s=6)
    fidelity = Fidelity(kernel="shared", execution="native")
    return InUse(
        State("upgraded", expecting, fidelity, read(machine, NOTHING), (), 0.0, (), lambda: machine)
    )


def test_only_a_service_that_is_always_busy_spins(in_use: InUse) -> None:
    assert list(in_use.spinning) == ["spinning"]
    assert 0.5 < in_use.spinning["spinning"] < 1.5


def test_a_service_that_stays_up_has_no_complaint(in_use: InUse) -> None:
    assert in_use.restarts.complaints["calm"] == ""


def test_a_service_that_starts_only_once_is_reported(in_use: InUse) -> None:
    first, *log = in_use.restarts.complaints["once"].splitlines()
    assert first == "once.service is failed (failed, exit-code)"
    assert any("File exists" in line for line in log)


def test_a_service_that_dies_a_moment_after_its_restart_is_reported(in_use: InUse) -> None:
    complaint = in_use.restarts.complaints["soon-dead"]
    assert complaint.startswith("soon-dead.service is failed (failed, exit-code)")


def test_a_service_that_systemd_starts_again_and_again_is_reported(in_use: InUse) -> None:
    complaint = in_use.restarts.complaints["looping"]
    assert complaint.startswith(
        (
            "looping.service did not stay up: systemd started it again",
            "looping.service is activating (auto-restart, exit-code)",
        )
    )


def test_a_service_that_was_dead_before_the_restart_has_to_be_up_after_it(in_use: InUse) -> None:
    assert in_use.restarts.complaints["dead"].startswith("dead.service is failed")


MOVED = "mv /var/log/a.log /var/log/a.log.1"


@pytest.mark.parametrize(
    ("rotate", "write", "output"),
    [
        pytest.param(MOVED, "echo new >/var/log/a.log", "", id="continues in the new file"),
        pytest.param(
            MOVED,
            "echo new >>/var/log/a.log.1",
            "/var/log/a.log.1 was moved away, and the service still writes to it",
            id="continues in the old file",
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
        pytest.param(
            ":",
            "echo new >>/var/log/a.log",
            "/var/log/a.log was not rotated: it is the same file, and no shorter",
            id="is not rotated",
        ),
        pytest.param(
            "cp /var/log/a.log /var/log/a.log.1 && : >/var/log/a.log",
            ":",
            "nothing was written to /var/log/a.log after its rotation",
            id="is cut short and written no more",
        ),
        pytest.param("echo no such state; false", ":", "no such state", id="can't be rotated"),
    ],
)
def test_what_a_log_does_after_its_rotation(
    in_use: InUse, rotate: str, write: str, output: str
) -> None:
    in_use.run("rm -f /var/log/a.log*; echo old >/var/log/a.log")
    done = in_use.rotate(Log(path="/var/log/a.log", rotate=rotate, write=write))
    assert (done.ok, done.text) == (not output, output)
