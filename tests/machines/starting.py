"""Helpers of tests that start their own machines."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from upgradeproof.machines import Machine
from upgradeproof.machines.docker_machine import DockerMachine


class Start(Protocol):
    """Start a machine with a name of this session, by default a fresh Debian 12."""

    def __call__(
        self, name: str, *, snapshot: str = "", ports: tuple[int, ...] = ()
    ) -> AbstractContextManager[DockerMachine]: ...


def output_of(machine: Machine, script: str) -> str:
    """Return the output of a script that must succeed."""
    done = machine.run(script)
    assert done.ok, done.tail
    return done.text
