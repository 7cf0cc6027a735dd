"""Machines and the backends that start them, as protocols.

A backend is one file in this folder that offers ``BACKEND``; it is found by discovery, there is no
list. The engine above knows these two protocols and nothing of containers or hypervisors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from testinfra.host import Host

from upgradeproof.command import Completed
from upgradeproof.results import Fidelity

__all__ = ["Backend", "CachedSnapshot", "Health", "Machine", "MachineSpec"]


@dataclass(frozen=True, kw_only=True)
class MachineSpec:
    """Which machine to start: from which snapshot, under which name, with which ports."""

    snapshot: str
    """The backend's own name of what to start from: an image or a state's snapshot."""
    name: str
    architecture: str
    ports: Sequence[int] = ()
    """TCP ports of the machine to publish on 127.0.0.1, each on a free port of this host."""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Health:
    """Whether a backend works on this host, and how to repair it if not."""

    works: bool
    brief: str
    resolution: str = ""


@dataclass(frozen=True, kw_only=True)
class CachedSnapshot:
    """Describe a snapshot that a backend stores on this host."""

    name: str
    """The backend's own name of it."""
    key: str
    """The key under which it was made."""
    size_bytes: int
    """What it takes on the disk, without what it shares with its parent."""
    made_at: float
    """When it was made, in seconds since the epoch."""
    parent: str = ""
    """The name of the snapshot that it depends on; empty: none that is a state."""


class Machine(Protocol):
    """A running container or VM."""

    @property
    def name(self) -> str:
        """Return the name under which the backend knows it."""
        ...

    @property
    def fidelity(self) -> Fidelity:
        """Return what this machine can prove."""
        ...

    @property
    def host(self) -> Host:
        """Return a real testinfra Host that talks over the persistent channel."""
        ...

    def run(
        self,
        script: str,
        *,
        timeout_s: float = 60.0,
        stdin: bytes = b"",
        on_output: Callable[[bytes], None] | None = None,
    ) -> Completed:
        """Run a POSIX shell script as root and return what it did, whatever its exit status.

        ``on_output`` gets both streams' bytes as they come. Raises CommandTimeoutError when it
        does not end in time (and ends it), ChannelError when the shell can't be reached, BootError
        when the machine went down under the script: a panic, or a reset of its own.
        """
        ...

    def put(self, content: bytes, path: str, *, mode: int = 0o644, owner: str = "root") -> None:
        """Write a file on the machine, with its folders."""
        ...

    def get(self, path: str) -> bytes:
        """Return a file's content. Raises MachineError when it can't be read."""
        ...

    def reboot(self, *, timeout_s: float) -> None:
        """Boot again, by the machine's own means, and wait until its init has settled.

        Raises BootError when it does not come up; MachineError where it has no kernel of its own.
        """
        ...

    def power_cut(self, *, timeout_s: float) -> None:
        """Cut the power for a moment: every process ends, data that was not written is lost.

        Waits until its init has settled again. Raises BootError when it does not come up.
        """
        ...

    def published(self, port: int) -> int:
        """Return the port of 127.0.0.1 on this host that leads to the machine's ``port``."""
        ...

    def logs(self) -> str:
        """Return the console's output so far."""
        ...

    def alive(self) -> bool:
        """Return whether the machine still runs."""
        ...


class Backend(Protocol):
    """A kind of machine on this host."""

    @property
    def kind(self) -> str:
        """Return the last part of a platform's id: ``container`` or ``vm``."""
        ...

    @property
    def own_kernel(self) -> bool:
        """Return whether its machines have a kernel of their own."""
        ...

    @property
    def definition(self) -> str:
        """Return a hash of all that the backend itself gives its machines.

        That is hardware, capabilities, command line and drop-ins. It is a part of the key of every
        state: after a change of it no cached state is valid.
        """
        ...

    @property
    def saves_memory(self) -> bool:
        """Return whether its snapshots may hold the memory of a machine."""
        ...

    def resumes(self, snapshot: str) -> bool:
        """Return whether a machine that is started from a snapshot here resumes its memory.

        Where it does not, the machine boots.
        """
        ...

    def health(self) -> Health:
        """Return whether machines of this kind can be started here; never raises."""
        ...

    def slot(self) -> AbstractContextManager[None]:
        """Reserve capacity of this host for one cell's machines; wait while other cells use it."""
        ...

    def start(self, spec: MachineSpec) -> AbstractContextManager[Machine]:
        """Start a machine, wait until its init has settled, and end it with the context."""
        ...

    def snapshot(self, machine: Machine, key: str, labels: Mapping[str, str]) -> str:
        """Save the running machine's disk under ``key`` and return the snapshot's name."""
        ...

    def find_snapshot(self, key: str) -> str | None:
        """Return the name of the snapshot saved under ``key``, or None."""
        ...

    def snapshots(self) -> Sequence[CachedSnapshot]:
        """Return every snapshot of a state on this host, with its size. Raises MachineError."""
        ...

    def forget(self, snapshot: CachedSnapshot) -> bool:
        """Remove a snapshot unless something depends on it; return whether it was removed."""
        ...

    def free_bytes(self) -> int:
        """Return the free space where snapshots are stored. Raises MachineError."""
        ...

    def prune(self, *, states: bool) -> Sequence[str]:
        """Remove what earlier runs left running, with ``states`` also snapshots; return names."""
        ...
