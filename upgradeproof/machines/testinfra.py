"""A testinfra backend on the persistent channel: ``Machine.host`` is a real testinfra Host."""

from __future__ import annotations

from typing import Any

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from upgradeproof.machines import Machine

TIMEOUT_S = 120.0
"""Limit of one command that a suite runs through testinfra, which has no limit of its own."""


class ChannelBackend(BaseBackend):  # type: ignore[misc]  # testinfra ships no types
    """Hand testinfra's commands to the machine's channel."""

    NAME = "upgradeproof"

    def __init__(self, machine: Machine, *args: Any, **kwargs: Any) -> None:
        super().__init__(machine.name, *args, **kwargs)
        self._machine = machine

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:  # noqa: ARG002  # testinfra's signature
        """Run one command, as every other backend of testinfra does."""
        script = self.get_command(command, *args)
        done = self._machine.run(script, timeout_s=TIMEOUT_S)
        return self.result(done.exit_status, self.encode(script), done.stdout, done.stderr)


def host(machine: Machine) -> Host:
    """Return testinfra's Host of a machine."""
    return Host(ChannelBackend(machine))
