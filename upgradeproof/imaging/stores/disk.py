"""Images for VMs: bootable disks, in the cache of this host."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from upgradeproof.command import run
from upgradeproof.errors import BackendError, ChannelError, ImageError, UpgradeproofError
from upgradeproof.imaging import bootable
from upgradeproof.imaging.request import Request
from upgradeproof.machines.qemu import BACKEND
from upgradeproof.machines.qemu.hardware import (
    CONSOLES,
    UEFI_CODE,
    UEFI_VARIABLES,
    DirectBoot,
    Hardware,
)
from upgradeproof.machines.qemu.snapshots import RECORD, Snapshot
from upgradeproof.plan.images import FIRMWARE

ASSEMBLY_TIMEOUT_S = 300.0
"""Limit of making the file systems: 6 s were measured for 400 MB."""
INSTALLATION_TIMEOUT_S = 300.0
"""Limit of the boot loader's installation: 10 s were measured under emulation."""
SIZE_MB = 8192
PROGRAMS = {
    "sfdisk": "fdisk",
    "mkfs.vfat": "dosfstools",
    "mke2fs": "e2fsprogs",
    "qemu-img": "qemu-utils",
    "setpriv": "util-linux",
}
"""What assembles a disk, and the package that holds it."""


class DiskStore:
    """Make bootable disks, and store them."""

    machine = "vm"

    def obstacle(self, request: Request) -> ImageError | None:
        """Return what this host lacks: QEMU, firmware, or a program that makes file systems."""
        missing = [package for name, package in PROGRAMS.items() if shutil.which(name) is None]
        if os.geteuid() != 0 and shutil.which("fakeroot") is None:
            missing.append("fakeroot")
        if missing:
            return ImageError(
                f"this host can't make disks: {', '.join(missing)} not installed",
                resolution=f"`make setup` installs it; by hand: apt install {' '.join(missing)}",
            )
        hardware = _hardware(request)
        if obstacle := BACKEND.obstacle(hardware.architecture):
            return ImageError(obstacle.brief, resolution=obstacle.resolution)
        firmware = Path(UEFI_CODE[hardware.architecture])
        if hardware.firmware == "uefi" and not firmware.is_file():
            return ImageError(
                f"there is no firmware {firmware}",
                resolution="`make setup` installs it; by hand: apt install ovmf qemu-efi-aarch64",
            )
        return None

    def find(self, request: Request) -> str | None:
        """Return the folder of the disk, or None."""
        folder = _folder(request)
        return str(folder) if (folder / RECORD).is_file() else None

    def content(self, request: Request) -> str:
        """Return the SHA-256 of the names and sums of the disk's files."""
        return _sum(_folder(request))

    def hooks(self, request: Request, scratch: Path) -> tuple[str, ...]:
        """Return the hooks that copy a VM's configuration into the root: some before its kernel."""
        hardware = _hardware(request)
        early, late = scratch / "early", scratch / "late"
        bootable.write_configuration(early, late, hardware.architecture, hardware.firmware)
        return (
            f"--essential-hook=sync-in {shlex.quote(str(early))} /",
            f"--customize-hook=sync-in {shlex.quote(str(late))} /",
            *(f'--customize-hook=rm "$1{path}"' for path in sorted(bootable.PASSING)),
        )

    def load(self, request: Request, root: Path, scratch: Path) -> None:
        """Make a disk of a root file system, let it install its boot loader, and store it.

        Raises ImageError when the disk does not boot that far, with the machine's own words.
        """
        hardware = _hardware(request)
        raw, tree, base = scratch / "disk.raw", scratch / "root", scratch / "base"
        script = bootable.assembly(raw, SIZE_MB, root, tree)
        as_root: Sequence[str] = () if os.geteuid() == 0 else ("fakeroot",)
        run((*as_root, "sh", "-c", script), timeout_s=ASSEMBLY_TIMEOUT_S)
        root.unlink()
        base.mkdir()
        _convert(raw, base / "disk.qcow2")
        if hardware.firmware == "uefi":
            _convert(Path(UEFI_VARIABLES[hardware.architecture]), base / "variables.qcow2")
        raw.unlink()
        made = Snapshot(folder=base, hardware=hardware)
        made.write()
        final = Snapshot(folder=scratch / "final", hardware=hardware)
        final.folder.mkdir()
        try:
            self._install(made, final, tree)
        except BackendError as error:
            raise ImageError(error.brief, resolution=error.resolution) from None
        except UpgradeproofError as error:
            raise ImageError(
                f"the disk of {request.label} could not install its boot loader: {error.brief}",
                details=error.details,
            ) from None
        final.write()
        folder = _folder(request)
        folder.parent.mkdir(parents=True, exist_ok=True)
        final.folder.rename(folder)

    def commit(self, request: Request, container: str) -> None:  # noqa: ARG002  # the protocol's
        """Refuse: a container has no kernel and no boot loader."""
        raise ImageError(f"no disk can be made of a container image for {request.label}")

    def _install(self, made: Snapshot, final: Snapshot, tree: Path) -> None:
        hardware = made.hardware
        direct = DirectBoot(
            kernel=(tree / "vmlinuz").resolve(),
            initrd=(tree / "initrd.img").resolve(),
            command_line=f"root=LABEL={bootable.ROOT_LABEL} rw"
            f" console={CONSOLES[hardware.architecture]}",
        )
        name = f"image-{made.folder.parent.name}"
        with BACKEND.running(made, name, direct=direct) as machine:
            script = bootable.installation(hardware.architecture, hardware.firmware)
            done = machine.run(script, timeout_s=INSTALLATION_TIMEOUT_S)
            if not done.ok:
                raise ChannelError("the boot loader's installation failed", details=done.tail)
            machine.power_off(timeout_s=INSTALLATION_TIMEOUT_S)
            for disk, path in machine.disks.items():
                _convert(path, final.folder / f"{disk}.qcow2")


def _hardware(request: Request) -> Hardware:
    vm = request.vm
    if vm is None:
        raise ImageError(f"{request.label} is not described as a VM: it has no table [vm]")
    return Hardware(
        architecture=request.architecture,
        firmware=vm.firmware.get(request.architecture, FIRMWARE[request.architecture]),
        memory_mb=vm.memory_mb,
        processors=vm.processors,
    )


def _folder(request: Request) -> Path:
    return BACKEND.folder / "images" / request.key


@cache
def _sum(folder: Path) -> str:
    """Return the sum of a folder's files: once a process, since a disk is large."""
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            one = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{one}  {path.name}\n".encode())
    return whole.hexdigest()


def _convert(disk: Path, path: Path) -> None:
    """Convert a disk to one qcow2 file without a backing file."""
    words = ("qemu-img", "convert", "-O", "qcow2", str(disk), str(path))
    run(words, timeout_s=ASSEMBLY_TIMEOUT_S)


STORE = DiskStore()
