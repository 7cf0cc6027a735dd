"""`Machine.host` is a real testinfra Host; its modules work over the channel with a real shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from testinfra.host import Host

from upgradeproof.command import Completed
from upgradeproof.errors import CommandTimeoutError
from upgradeproof.machines import Machine
from upgradeproof.machines.channel import Channel
from upgradeproof.machines.testinfra import host
from upgradeproof.results import Fidelity


class ThisHost:
    """This host as a machine, reached over a channel."""

    name = "this host"
    fidelity = Fidelity(kernel="own", execution="native")

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    @property
    def host(self) -> Host:
        return host(self)

    def run(
        self,
        script: str,
        *,
        timeout_s: float = 60.0,
        stdin: bytes = b"",
        on_output: Callable[[bytes], None] | None = None,
    ) -> Completed:
        if script == "hang":
            raise CommandTimeoutError("a command did not end")
        return self._channel.run(script, timeout_s=timeout_s, stdin=stdin, on_output=on_output)

    def put(self, content: bytes, path: str, *, mode: int = 0o644, owner: str = "root") -> None:
        raise NotImplementedError

    def get(self, path: str) -> bytes:
        raise NotImplementedError

    def reboot(self, *, timeout_s: float) -> None:
        raise NotImplementedError

    def power_cut(self, *, timeout_s: float) -> None:
        raise NotImplementedError

    def published(self, port: int) -> int:
        raise NotImplementedError

    def logs(self) -> str:
        raise NotImplementedError

    def alive(self) -> bool:
        raise NotImplementedError


@pytest.fixture
def machine(channel: Channel) -> Machine:
    return ThisHost(channel)


def test_a_command_returns_status_and_streams(machine: Machine) -> None:
    done = machine.host.run("echo out; echo err >&2; exit 3")
    assert (done.rc, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_arguments_are_quoted(machine: Machine) -> None:
    assert machine.host.check_output("echo %s %s", "it's $HOME", "a  b") == "it's $HOME a  b"


def test_a_file_is_read(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "it's"
    path.write_bytes(b"one\n\xff")
    path.chmod(0o640)
    found = machine.host.file(str(path))
    assert (found.exists, found.mode, found.size, found.content) == (True, 0o640, 5, b"one\n\xff")


def test_a_command_that_hangs_is_an_error_of_the_harness(machine: Machine) -> None:
    with pytest.raises(CommandTimeoutError):
        machine.host.run("hang")
