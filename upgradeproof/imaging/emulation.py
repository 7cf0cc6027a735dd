"""Whether this host can run another architecture's programs: qemu-user through binfmt_misc."""

from __future__ import annotations

import platform
from pathlib import Path

from upgradeproof.errors import ImageError
from upgradeproof.machines.backends import own_kernel
from upgradeproof.plan import Cell
from upgradeproof.plan.images import KERNEL_NAMES, Architecture

BINFMT = Path("/proc/sys/fs/binfmt_misc")


def native(architecture: Architecture, machine: str | None = None) -> bool:
    """Return whether this host runs the architecture without emulation."""
    return KERNEL_NAMES[architecture] == (machine or platform.machine())


def slowest_first(cell: Cell) -> tuple[bool, bool]:
    """Return by what to sort so that the slowest cells begin: one at the end is waited for.

    First those that boot a machine, then those whose programs are emulated.
    """
    return not own_kernel(cell.platform.machine), native(cell.platform.architecture)


def obstacle(architecture: Architecture, binfmt: Path = BINFMT) -> ImageError | None:
    """Return why this host can't run the architecture's programs; None when it can.

    The handler has to hold its interpreter open (flag F): inside a machine's root there is none.
    """
    if native(architecture):
        return None
    handler = f"qemu-{KERNEL_NAMES[architecture]}"
    resolution = (
        f"`make setup-{architecture}` registers Debian's qemu-user-static; by hand: install "
        "qemu-user-static, and on a host without systemd mount binfmt_misc and register it"
    )
    try:
        lines = (binfmt / handler).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ImageError(
            f"this host can't run {architecture} programs",
            details=f"binfmt_misc has no handler {handler}",
            resolution=resolution,
        )
    flags = next((line.partition(":")[2] for line in lines if line.startswith("flags:")), "")
    if lines[:1] == ["enabled"] and "F" in flags:
        return None
    return ImageError(
        f"this host can't run {architecture} programs in a machine",
        details=f"binfmt_misc's handler {handler} is disabled, or lacks the flag F",
        resolution=resolution,
    )
