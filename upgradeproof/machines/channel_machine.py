"""What every machine provides over its channel, regardless of the transport."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import cached_property

from testinfra.host import Host

from upgradeproof.command import Completed
from upgradeproof.errors import MachineError
from upgradeproof.machines import Machine
from upgradeproof.machines.channel import Channel, Connector
from upgradeproof.machines.testinfra import host
from upgradeproof.results import Fidelity


class ChannelMachine(Machine, Connector):
    """A machine that is used through one persistent channel, whose shells it starts itself."""

    def __init__(self, name: str, fidelity: Fidelity) -> None:
        self._name = name
        self._fidelity = fidelity
        self._channel = Channel(self, name)

    @property
    def name(self) -> str:
        """Return the machine's name."""
        return self._name

    @property
    def fidelity(self) -> Fidelity:
        """Return what this machine can prove."""
        return self._fidelity

    @cached_property
    def host(self) -> Host:
        """Return testinfra's Host on the channel."""
        return host(self)

    def run(
        self,
        script: str,
        *,
        timeout_s: float = 60.0,
        stdin: bytes = b"",
        on_output: Callable[[bytes], None] | None = None,
    ) -> Completed:
        """Run a script through the channel; see the protocol."""
        return self._channel.run(script, timeout_s=timeout_s, stdin=stdin, on_output=on_output)

    def put(self, content: bytes, path: str, *, mode: int = 0o644, owner: str = "root") -> None:
        """Write a file atomically, through a ``.part`` file. Raises MachineError."""
        target, part = shlex.quote(path), shlex.quote(f"{path}.part")
        done = self.run(
            f'set -e; mkdir -p "$(dirname {target})"; umask 077; cat >{part};'
            f" chown {shlex.quote(owner)} {part}; chmod {mode:o} {part}; mv -f {part} {target}",
            stdin=content,
        )
        if not done.ok:
            raise MachineError(f"{path} could not be written on {self.name}", details=done.tail)

    def get(self, path: str) -> bytes:
        """Return a file's bytes. Raises MachineError when it can't be read."""
        done = self.run(f"cat {shlex.quote(path)}")
        if not done.ok:
            raise MachineError(f"{path} could not be read on {self.name}", details=done.tail)
        return done.stdout
