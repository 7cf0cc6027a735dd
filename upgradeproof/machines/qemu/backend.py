"""Virtual machines by QEMU, with a kernel, an initramfs and a boot loader of their own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from upgradeproof import cache
from upgradeproof.command import run
from upgradeproof.errors import BackendError, BootError, MachineError
from upgradeproof.machines import CachedSnapshot, Health, MachineSpec
from upgradeproof.machines.qemu import acceleration, process, slots
from upgradeproof.machines.qemu.hardware import (
    PACKAGES,
    PROGRAMS,
    Accelerator,
    DirectBoot,
    Hardware,
    Wiring,
    argv,
    definition,
)
from upgradeproof.machines.qemu.machine import QemuMachine
from upgradeproof.machines.qemu.snapshots import (
    MEMORY,
    Snapshot,
    SnapshotStore,
    free_bytes,
    overlay,
)
from upgradeproof.plan.images import Architecture
from upgradeproof.results import Fidelity

BOOT_TIMEOUT_S = 240.0
"""Limit of a boot. Under emulation 12-25 s were measured on two idle cores, UEFI included."""
NEEDED_BYTES = 2_000_000_000
"""Free space that a machine needs: an upgrade of the whole system writes 1.5 GB to its overlay."""
_MAPPED_MEMORY = (9, 0)
"""The first QEMU that can save a memory to a file with fixed offsets."""
_VERSION = re.compile(r"version (\d+)\.(\d+)")


class QemuBackend:
    """Start, save and remove VMs."""

    kind: ClassVar[str] = "vm"
    own_kernel: ClassVar[bool] = True
    saves_memory: ClassVar[bool] = True
    definition: ClassVar[str] = definition()

    def __init__(self) -> None:
        """Ask no program for its version before it is used."""
        self._versions: dict[str, tuple[int, ...]] = {}

    def resumes(self, snapshot: str) -> bool:
        """Return whether a snapshot has a memory that the QEMU of this host can resume."""
        found = Snapshot.read(Path(snapshot))
        accelerator = acceleration.accelerator(found.hardware.architecture, self.folder)
        return self._resumes(found, accelerator)

    def _resumes(self, snapshot: Snapshot, accelerator: Accelerator) -> bool:
        memory = self._memory(snapshot.hardware, accelerator)
        return bool(snapshot.memory) and snapshot.memory == memory

    @property
    def folder(self) -> Path:
        """Return where disks and memories are stored."""
        return cache.folder() / "vm"

    @property
    def _store(self) -> SnapshotStore:
        return SnapshotStore(self.folder)

    def health(self) -> Health:
        """Return which QEMU is installed, and for which machines; a start proves how they run."""
        here = [name for name in PROGRAMS if not self.obstacle(name)]
        if not here:
            return Health(
                works=False,
                brief="QEMU is not installed",
                resolution="`make setup` installs it; by hand: apt install "
                + " ".join(PACKAGES["amd64"]),
            )
        version = ".".join(map(str, self._version(here[0])))
        return Health(works=True, brief=f"QEMU {version}, {', '.join(here)}")

    def obstacle(self, architecture: Architecture) -> BackendError | None:
        """Return what this host lacks for machines of an architecture; None if nothing."""
        if program := process.missing(architecture):
            return BackendError(
                f"{program} is not installed: no VM of {architecture} can be started",
                resolution=f"`make setup` installs it; by hand: apt install "
                f"{' '.join(PACKAGES[architecture])} util-linux",
            )
        return None

    def slot(self) -> AbstractContextManager[None]:
        """Reserve one of as many slots as this host's cores and memory allow."""
        return slots.slot(self.folder / "slots", slots.of_this_host())

    @contextmanager
    def start(self, spec: MachineSpec) -> Iterator[QemuMachine]:
        """Start a VM from a snapshot, resumed if it holds a memory, and end it afterwards."""
        snapshot = Snapshot.read(Path(spec.snapshot))
        with self.running(snapshot, spec.name, spec.ports) as machine:
            yield machine

    @contextmanager
    def running(
        self,
        snapshot: Snapshot,
        name: str,
        ports: Sequence[int] = (),
        direct: DirectBoot | None = None,
    ) -> Iterator[QemuMachine]:
        """Start a VM as ``start`` does; with ``direct``, past its own boot loader."""
        hardware = snapshot.hardware
        if obstacle := self.obstacle(hardware.architecture):
            raise obstacle
        self._check_free_space()
        accelerator = acceleration.accelerator(hardware.architecture, self.folder)
        resume = self._resumes(snapshot, accelerator)
        fidelity = Fidelity(kernel="own", execution=accelerator, boot="direct" if direct else "own")
        with self._store.machine(name) as folder:
            (folder / "origin").write_text(str(snapshot.folder), encoding="utf-8")
            for node, disk in snapshot.disks.items():
                overlay(disk, folder / f"{node}.qcow2")
            wiring = Wiring(
                disks={node: folder / f"{node}.qcow2" for node in snapshot.disks},
                ports=ports,
                direct=direct,
                resume=resume,
            )
            qemu = process.Process(name, hardware, accelerator, wiring, folder)
            machine = QemuMachine(qemu, snapshot, folder, fidelity)
            try:
                if resume:
                    qemu.load_memory(snapshot.folder / MEMORY)
                    qemu.monitor.execute("cont")
                    machine.wake()
                else:
                    qemu.port.send_line(b"reset")
                    _boot(machine, snapshot)
                yield machine
            finally:
                machine.close()

    def snapshot(self, machine: Any, key: str, labels: Mapping[str, str]) -> str:
        """Save disks and, where QEMU can, memory; the machine pauses for half a second."""
        self._check_free_space()
        origin: Snapshot = machine.origin
        memory = self._memory(origin.hardware, machine.fidelity.execution)
        snapshot = Snapshot(
            folder=self._store.new(key),
            hardware=origin.hardware,
            parent=str(origin.folder),
            memory=memory,
            labels=dict(labels),
        )
        machine.freeze(snapshot, memory=bool(memory))
        return str(snapshot.folder)

    def find_snapshot(self, key: str) -> str | None:
        """Return the folder of a cached state, if it is complete."""
        found = self._store.find(key)
        return str(found.folder) if found else None

    def snapshots(self) -> Sequence[CachedSnapshot]:
        """Return the cached states, each with what its files take."""
        return list(self._store.snapshots())

    def forget(self, snapshot: CachedSnapshot) -> bool:
        """Remove a state's folder unless a machine runs on it."""
        return self._store.forget(Path(snapshot.name))

    def free_bytes(self) -> int:
        """Return the free space for disks and memories."""
        return free_bytes(self.folder)

    def prune(self, *, states: bool) -> Sequence[str]:
        """Remove what dead runs left, with ``states`` also the cached states."""
        return list(self._store.prune(states=states))

    def _memory(self, hardware: Hardware, accelerator: Accelerator) -> str:
        """Return which QEMU a memory belongs to; empty where it can't save one."""
        version = self._version(hardware.architecture)
        if version < _MAPPED_MEMORY:
            return ""
        words = argv(hardware, accelerator, Wiring(disks={}))
        machine = hashlib.sha256("\n".join(words).encode()).hexdigest()[:8]
        return f"{'.'.join(map(str, version))} {accelerator} {machine}"

    def _version(self, architecture: Architecture) -> tuple[int, ...]:
        """Return QEMU's version, or nothing where there is none."""
        program = PROGRAMS[architecture]
        if program not in self._versions:
            try:
                found = _VERSION.search(run((program, "--version"), timeout_s=10).text)
            except MachineError:
                found = None
            self._versions[program] = tuple(map(int, found.groups())) if found else ()
        return self._versions[program]

    def _check_free_space(self) -> None:
        free = free_bytes(self.folder)
        if free < NEEDED_BYTES:
            raise MachineError(
                f"the disk is nearly full: {free / 1e6:.0f} MB are left for VMs",
                resolution=f"free disk space: a VM needs {NEEDED_BYTES / 1e6:.0f} MB; "
                "`upgradeproof prune --states` removes cached states",
            )


def _boot(machine: QemuMachine, snapshot: Snapshot) -> None:
    """Wait for the first boot. A failure is ours for an image, and the product's for a state."""
    try:
        machine.await_first_boot(timeout_s=BOOT_TIMEOUT_S)
    except BootError as error:
        if snapshot.labels:
            raise
        raise MachineError(
            f"the image does not boot: {error.brief}",
            details=error.details,
            resolution="`upgradeproof doctor` prints whether VMs work here",
        ) from None
