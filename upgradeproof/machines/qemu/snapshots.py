"""Disks and memories of VMs on this host: base images, cached states, and machines that run.

A folder with ``machine.json`` is complete: that file is written last. Nothing in such a folder is
written again; a machine that starts from it uses an overlay on its disks.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from upgradeproof.command import run
from upgradeproof.errors import MachineError
from upgradeproof.files import write_atomically
from upgradeproof.machines import CachedSnapshot, owner
from upgradeproof.machines.qemu.hardware import Hardware

RECORD = "machine.json"
MEMORY = "memory"
OVERLAY_TIMEOUT_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A saved machine: its disks, and perhaps its memory."""

    folder: Path
    hardware: Hardware
    parent: str = ""
    """The folder that its disks are overlays of; empty: none."""
    memory: str = ""
    """The QEMU that wrote the memory, and how it ran: only the same can resume it. Empty: none."""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def disks(self) -> dict[str, Path]:
        """Return its disk, and with UEFI the firmware's variables."""
        names = ("disk", "variables") if self.hardware.firmware == "uefi" else ("disk",)
        return {name: self.folder / f"{name}.qcow2" for name in names}

    def write(self) -> None:
        """Write the record, which makes the folder complete."""
        plain = asdict(self)
        del plain["folder"]
        plain["sizes"] = {name: disk.stat().st_size for name, disk in self.disks.items()}
        write_atomically(self.folder / RECORD, json.dumps(plain, indent=1))

    @classmethod
    def read(cls, folder: Path) -> Snapshot:
        """Return the snapshot in a folder. Raises MachineError when it is not complete.

        Its backing files are checked, too: a disk that was cut short would hang a boot.
        """
        try:
            plain = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            sizes = plain.pop("sizes", {})
            hardware = Hardware(**plain.pop("hardware"))
            found = cls(folder=folder, hardware=hardware, **plain)
            _check_sizes(found, sizes)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise MachineError(
                f"the snapshot {folder.name} is missing or damaged",
                details=f"{type(error).__name__}: {error}",
                resolution=f"`upgradeproof prune --states`, or remove {folder}; then run again",
            ) from None
        if found.parent:
            cls.read(Path(found.parent))
        return found


def _check_sizes(snapshot: Snapshot, sizes: Mapping[str, int]) -> None:
    for name, disk in snapshot.disks.items():
        found = disk.stat().st_size
        if found != (expected := sizes.get(name, found)):
            raise ValueError(f"{disk.name} has {found} bytes instead of {expected}")


def overlay(disk: Path, path: Path) -> None:
    """Make an empty overlay on a disk. Raises MachineError when the disk can't be read."""
    done = run(
        ("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", str(disk), str(path)),
        timeout_s=OVERLAY_TIMEOUT_S,
        check=False,
    )
    if not done.ok:
        raise MachineError(
            f"no overlay can be made on {disk.parent.name}/{disk.name}",
            details=done.tail,
            resolution="is the disk full, or the image damaged? `upgradeproof prune --states`",
        )


class SnapshotStore:
    """The folders of one cache: ``states/`` and ``machines/``."""

    def __init__(self, cache: Path) -> None:
        self._states = cache / "states"
        self._machines = cache / "machines"

    def find(self, key: str) -> Snapshot | None:
        """Return the newest whole snapshot of a key, or None."""
        found = sorted(self._states.glob(f"{key}.*/{RECORD}"), key=lambda p: p.stat().st_mtime)
        for record in reversed(found):
            with suppress(MachineError):
                return Snapshot.read(record.parent)
        return None

    def new(self, key: str) -> Path:
        """Return a new folder for a snapshot of a key: another one may be in use by others."""
        return _owned_folder(self._states / f"{key}.{secrets.token_hex(4)}")

    @contextmanager
    def machine(self, name: str) -> Iterator[Path]:
        """Give a machine its folder, and remove it afterwards.

        Raises MachineError when a machine of this name runs.
        """
        folder = self._machines / name
        if folder.exists() and not _owned(folder):  # a killed worker's
            shutil.rmtree(folder)
        try:
            _owned_folder(folder)
        except OSError as error:
            raise MachineError(
                f"the name {name} is already in use"
                if folder.exists()
                else f"{name} can't have a folder: {error}"
            ) from None
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def snapshots(self) -> Iterator[CachedSnapshot]:
        """Yield the snapshots of states, each with what its files take on the disk."""
        for folder in _folders(self._states):
            with suppress(MachineError, OSError):
                found = Snapshot.read(folder)
                yield CachedSnapshot(
                    name=str(folder),
                    key=folder.name.partition(".")[0],
                    size_bytes=sum(path.stat().st_blocks * 512 for path in folder.iterdir()),
                    made_at=(folder / RECORD).stat().st_mtime,
                    parent=found.parent,
                )

    def forget(self, folder: Path) -> bool:
        """Remove a snapshot and return whether it is gone: not one that a machine runs on."""
        if str(folder) in self._in_use():
            return False
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    def _in_use(self) -> set[str]:
        """Return the snapshots that running machines depend on."""
        return {snapshot for folder in _folders(self._machines) for snapshot in _used(folder)}

    def prune(self, *, states: bool) -> Iterator[str]:
        """Remove what dead owners left, with ``states`` also the snapshots that no machine uses."""
        for folder in _folders(self._machines):
            if not _owned(folder):
                shutil.rmtree(folder, ignore_errors=True)
                yield f"vm {folder.name}"
        used = self._in_use()
        for folder in _folders(self._states):
            half = not (folder / RECORD).exists() and not _owned(folder)
            if half or (states and str(folder) not in used):
                shutil.rmtree(folder, ignore_errors=True)
                yield f"state {folder.name}"


def _folders(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else []


def _owned_folder(path: Path) -> Path:
    """Make a folder that belongs to this process at once: another process may be pruning.

    Raises OSError when there is one of this name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent.parent, prefix="new-") as made:
        folder = Path(made, path.name)
        folder.mkdir()
        (folder / "owner").write_text(owner.mine(), encoding="ascii")
        folder.rename(path)
    return path


def _owned(folder: Path) -> bool:
    try:
        return owner.is_alive((folder / "owner").read_text(encoding="ascii"))
    except OSError:
        return False


def _used(machine: Path) -> Iterator[str]:
    """Yield the snapshots that a running machine's disks depend on, down to the image."""
    with suppress(OSError):
        at = (machine / "origin").read_text(encoding="utf-8")
        while at:
            yield at
            try:
                at = Snapshot.read(Path(at)).parent
            except MachineError:
                return


def free_bytes(path: Path) -> int:
    """Return the free space for disks. Raises MachineError when the folder can't be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        found = os.statvfs(path)
    except OSError as error:
        raise MachineError(f"the cache for VMs can't be used: {error}") from None
    return found.f_bavail * found.f_frsize
