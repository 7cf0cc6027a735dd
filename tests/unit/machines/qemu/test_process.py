"""A process of QEMU, with a fake QEMU on PATH: its start, its errors, and that nothing remains."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.machines.qemu.agent import wait_until
from upgradeproof.errors import MachineError
from upgradeproof.machines.qemu.hardware import Hardware, Wiring
from upgradeproof.machines.qemu.life import Kind
from upgradeproof.machines.qemu.process import Process

PC = Hardware(architecture="amd64", firmware="bios", memory_mb=64, processors=1)
FAKE = """#!{python}
import json, re, socket, sys
words = " ".join(sys.argv)
inherited = dict(re.findall("socket,id=(\\w+),fd=(\\d+)", words))
monitor, console = (socket.socket(fileno=int(inherited[n])) for n in ("monitor", "console"))
send = lambda message: monitor.sendall(json.dumps(message).encode() + b"\\n")
send({{"QMP": {{}}}})
for line in monitor.makefile("rb"):
    request = json.loads(line)
    if request["execute"] == "human-monitor-command":
        send({{"return": open(__file__ + ".usernet").read(), "id": request["id"]}})
    else:
        send({{"return": {{}}, "id": request["id"]}})
    if request["execute"] == "qmp_capabilities":
        console.sendall(b"the console\\r\\n")
    if request["execute"] == "fill":
        error = {{"device": "", "action": "stop", "reason": "No space left on device"}}
        send({{"event": "BLOCK_IO_ERROR", "data": error}})
    if request["execute"] == "system_reset":
        send({{"event": "RESET", "data": {{"guest": False}}}})
"""
USERNET = """Hub -1 (network):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[ESTABLISHED]   25  127.0.0.1      40001      10.0.2.15  8000     0     0
  TCP[HOST_FORWARD]  23  127.0.0.1      40001      10.0.2.15  8000     0     0
  TCP[HOST_FORWARD]  22  127.0.0.1      40002      10.0.2.15   443     0     0
  UDP[100 sec]       21  10.0.2.15      68          10.0.2.2    67     0     0
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    path = tmp_path / "bin" / "qemu-system-x86_64"
    path.write_text(FAKE.format(python=sys.executable))
    path.chmod(0o755)
    path.with_name(f"{path.name}.usernet").write_text(USERNET)
    return path


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Require that no thread and no descriptor remains after the test."""
    threads, descriptors = threading.active_count(), _descriptors()
    yield
    assert threading.active_count() == threads
    assert _descriptors() == descriptors


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def start(folder: Path) -> Process:
    return Process("box", PC, "tcg", Wiring(disks={"disk": folder / "disk.qcow2"}), folder)


@pytest.mark.usefixtures("nothing_left")
def test_a_process_that_ends_leaves_nothing(program: Path, tmp_path: Path) -> None:
    process = start(tmp_path)
    assert process.alive
    wait_until(
        "the output of the console has arrived", lambda: process.life.console == "the console\n"
    )
    process.kill()
    assert not process.alive
    assert [sign.kind for sign in process.life.since(0)] == [Kind.GONE]
    process.kill()


def test_the_published_ports_are_those_that_qemu_listens_on(program: Path, tmp_path: Path) -> None:
    process = start(tmp_path)
    assert process.forwards() == {8000: 40001, 443: 40002}
    process.kill()


@pytest.mark.parametrize(
    ("command", "kind"), [("system_reset", Kind.RESET), ("fill", Kind.STOPPED)]
)
def test_an_event_of_the_monitor_is_a_sign(
    program: Path, tmp_path: Path, command: str, kind: Kind
) -> None:
    process = start(tmp_path)
    process.monitor.execute(command)
    assert process.life.wait(0, 5)
    assert [sign.kind for sign in process.life.since(0)] == [kind]
    process.kill()


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("message", "advice"),
    [
        (
            "Could not open 'disk.qcow2': No such file or directory",
            "a disk is damaged or gone: `upgradeproof prune --states`, and run again",
        ),
        (
            "Image is not in qcow2 format",
            "a disk is damaged or gone: `upgradeproof prune --states`, and run again",
        ),
        (
            "Could not write: No space left on device",
            "the disk is full: free space; `upgradeproof prune --states` removes cached states",
        ),
        (
            "cannot set up guest memory 'pc.ram': Cannot allocate memory",
            "too little memory is free for another machine",
        ),
        ("-cpu: no such model", "QEMU's own messages are above"),
    ],
)
def test_the_error_of_a_qemu_that_ends_at_once_quotes_it(
    program: Path, tmp_path: Path, message: str, advice: str
) -> None:
    program.write_text(f'#!/bin/sh\necho "qemu: {message}" >&2\nexit 1\n')
    with pytest.raises(MachineError) as caught:
        start(tmp_path)
    assert str(caught.value) == f"QEMU could not start box\nqemu: {message}\nTo do: {advice}"


@pytest.mark.usefixtures("nothing_left")
def test_a_missing_program_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError) as caught:
        start(tmp_path)
    assert caught.value.brief == "QEMU could not start box"
    assert "setpriv" in caught.value.details
