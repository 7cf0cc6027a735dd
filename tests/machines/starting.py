"""What tests that start machines of their own share."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from upgradeproof.machines import Machine
from upgradeproof.machines.docker import DockerMachine


class Start(Protocol):
    """Start a machine under a name of this session's, by default a fresh Debian 12."""

    def __call__(
        self, name: str, *, snapshot: str = "", ports: tuple[int, ...] = ()
    ) -> AbstractContextManager[DockerMachine]: ...


def told(machine: Machine, script: str) -> str:
    done = machine.run(script)
    assert done.ok, done.tail
    return done.text
