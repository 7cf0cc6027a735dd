"""How long the runner waits until services have been active for the required time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.unit.runner.fakes import FolderMachine
from upgradeproof.command import Completed, run
from upgradeproof.machines import MachineSpec
from upgradeproof.results import Fidelity
from upgradeproof.runner.readiness import wait_until_old


class Machine(FolderMachine):
    """Run the script where `systemctl` prints when a unit was started, in microseconds."""

    started_us = 0

    def run(self, script: str, **_: object) -> Completed:
        bin_folder = self.disk / "bin"
        bin_folder.mkdir(exist_ok=True)
        (bin_folder / "systemctl").write_text(
            f"#!/bin/sh\necho ActiveEnterTimestampMonotonic={self.started_us}\n"
        )
        (bin_folder / "systemctl").chmod(0o755)
        path = f"{bin_folder}:/usr/bin:/bin"
        argv = ["env", "-C", str(self.disk), "sh", "-c", script]
        return run(argv, timeout_s=20, env={"PATH": path}, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    spec = MachineSpec(snapshot="", name="a", architecture="amd64")
    return Machine(spec, tmp_path, Fidelity(kernel="shared", execution="native"))


def waited(machine: Machine, age_s: float, *, started_s_ago: float) -> float:
    up_s = float(Path("/proc/uptime").read_text().split()[0])
    machine.started_us = int((up_s - started_s_ago) * 1e6)
    began = time.monotonic()
    wait_until_old(machine, ["thingd"], age_s)
    return time.monotonic() - began


def test_a_service_that_was_just_started_is_waited_for(machine: Machine) -> None:
    assert 1.9 < waited(machine, 2, started_s_ago=0) < 10


def test_a_service_that_has_been_up_for_long_is_not_waited_for(machine: Machine) -> None:
    assert waited(machine, 2, started_s_ago=100) < 1.5


def test_nothing_is_written_on_the_machine(machine: Machine) -> None:
    waited(machine, 1, started_s_ago=100)
    assert [path.name for path in machine.disk.iterdir()] == ["bin"]


def test_without_services_nothing_is_waited_for(machine: Machine) -> None:
    wait_until_old(machine, [], 60)
    assert not list(machine.disk.iterdir())
