"""The trap in a script that runs apt: what it logs, and what it does at a step."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.machines.projects import wait_until
from upgradeproof.interruptions import trap
from upgradeproof.interruptions.trap import Moment, moments, trapped

LOG = """\
pmstatus:dpkg-exec:0.0000:Running dpkg
pmstatus:liblighthouse:amd64:12.5000:Unpacking liblighthouse (amd64)
dlstatus:1:20:Retrieving file
pmstatus:lighthouse-agent:37.5000:Configuring lighthouse-agent (all)
"""
STATUS = [
    "pmstatus:a:1.0:Preparing a",
    "dlstatus:1:2:Retrieving",
    "pmstatus:a:2.0:Unpacking a",
    "pmstatus:a:3.0:Configuring a",
]


def test_every_step_of_dpkg_is_a_moment() -> None:
    assert moments(LOG, action=2) == (
        Moment(action=2, number=1, message="Running dpkg"),
        Moment(action=2, number=2, message="Unpacking liblighthouse (amd64)"),
        Moment(action=2, number=3, message="Configuring lighthouse-agent (all)"),
    )


def run_with_trap(
    folder: Path, number: int, act: trap.Act = "kill"
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run a script with the trap; a program named apt-get prints its status there."""
    apt = folder / "apt-get"
    lines = "\n".join(f"echo '{line}' >&9; sleep 0.5" for line in STATUS)
    apt.write_text(f"#!/bin/sh\n{lines}\n(sleep 30) &\nkill $!\necho over\n")
    apt.chmod(0o755)
    place = folder / "place"
    script = trapped(f"{apt}\necho after $?", number=number, act=act)
    done = subprocess.run(
        ["timeout", "5", "sh", "-c", script.replace(trap.FOLDER, str(place))],
        capture_output=True,
        text=True,
        check=False,
    )
    return done, (place / "log").read_text().splitlines()


linux = pytest.mark.skipif(sys.platform != "linux", reason="the trap reads /proc")


@linux
def test_an_uninterrupted_script_is_only_logged(tmp_path: Path) -> None:
    done, log = run_with_trap(tmp_path, 0)
    assert done.stdout == "over\nafter 0\n"
    assert log == [line for line in STATUS if line.startswith("pmstatus")]


@linux
def test_apt_is_killed_at_the_step(tmp_path: Path) -> None:
    done, log = run_with_trap(tmp_path, 2)
    assert done.stdout == "after 137\n"
    assert log[-1] == "pmstatus:a:2.0:Unpacking a"
    wait_until("all are dead", (tmp_path / "place" / "done").exists)


@linux
def test_a_halt_is_printed_and_the_script_stops(tmp_path: Path) -> None:
    done, log = run_with_trap(tmp_path, 1, "halt")
    assert done.returncode == 124  # the status of timeout: the script waits for ever
    assert done.stdout.encode() == trap.HALTED
    assert log == ["pmstatus:a:1.0:Preparing a"]


@linux
def test_processes_outside_the_script_are_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other" / "apt-get"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\nsleep 20\n")
    other.chmod(0o755)
    with subprocess.Popen([other]) as process:
        run_with_trap(tmp_path, 2)
        assert process.poll() is None
        process.kill()
