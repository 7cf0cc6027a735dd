"""Whether KVM works on this host: proven by a guest that runs, not assumed from a device.

``/dev/kvm`` may open, create a machine and then hang every guest, as under some nested
hypervisors, or refuse the one processor that is asked for. So a guest of a few instructions is
started on the very machine and processor that all others get, and ends QEMU itself; the answer is
remembered until the host boots again or gets another QEMU.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from pathlib import Path

from upgradeproof.command import run
from upgradeproof.errors import MachineError
from upgradeproof.files import write_atomically
from upgradeproof.machines.qemu.hardware import MACHINES, PROCESSORS, PROGRAMS, Accelerator
from upgradeproof.plan.images import KERNEL_NAMES, Architecture

DEVICE = Path("/dev/kvm")
PROBE_TIMEOUT_S = 3.0
"""Under emulation, firmware included, the guest has ended after 0.1 s. A broken KVM took 9.9 s."""

# A boot sector: mov al, 0x10; out 0xf4, al; hlt; jmp back. The device isa-debug-exit makes QEMU
# end with (0x10 << 1) | 1.
# The disk is longer than its sector: SeaBIOS reads none of a few bytes on a q35.
_SECTOR = (bytes.fromhex("b010e6f4f4ebfd").ljust(510, b"\0") + b"\x55\xaa").ljust(1 << 20, b"\0")
_SECTOR_STATUS = 33
# mov w0, #8; movk w0, #0x8400, lsl 16; hvc #0: PSCI's SYSTEM_OFF, which ends QEMU with 0.
_IMAGE = bytes.fromhex("00018052 0080b072 020000d4 00000014")


def probe_argv(
    architecture: Architecture, accelerator: Accelerator, guest: Path
) -> tuple[str, ...]:
    """Return the command line of the probe guest."""
    common = (
        *(PROGRAMS[architecture], "-accel", accelerator, "-machine", MACHINES[architecture]),
        *("-cpu", PROCESSORS[architecture, accelerator], "-nodefaults", "-no-user-config"),
        *("-display", "none", "-m", "64", "-no-reboot"),
    )
    if architecture == "amd64":
        return (
            *common,
            *("-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"),
            *("-drive", f"file={guest},format=raw,if=virtio,snapshot=on"),
        )
    return (*common, "-kernel", str(guest))


def works(architecture: Architecture, accelerator: Accelerator) -> bool:
    """Start the probe guest and return whether it ran to its end."""
    guest, expected = (_SECTOR, _SECTOR_STATUS) if architecture == "amd64" else (_IMAGE, 0)
    with tempfile.TemporaryDirectory(prefix="upgradeproof-") as folder:
        path = Path(folder, "guest")
        path.write_bytes(guest)
        try:
            done = run(
                probe_argv(architecture, accelerator, path), timeout_s=PROBE_TIMEOUT_S, check=False
            )
        except MachineError:  # it hangs, or QEMU is not there
            return False
    return done.exit_status == expected


def accelerator(
    architecture: Architecture, cache: Path, machine: str = platform.machine()
) -> Accelerator:
    """Return what runs machines of an architecture here: KVM where it is proven to work."""
    program = shutil.which(PROGRAMS[architecture])
    if (
        program is None
        or KERNEL_NAMES[architecture] != machine
        or not os.access(DEVICE, os.R_OK | os.W_OK)
    ):
        return "tcg"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    asked = " ".join(probe_argv(architecture, "kvm", Path("guest")))
    identity = f"{boot} {program} {Path(program).stat().st_mtime_ns} {asked}"
    note = cache / f"acceleration-{architecture}.json"
    if (proven := _remembered(note, identity)) is None:
        proven = works(architecture, "kvm")
        _remember(note, identity, proven)
    return "kvm" if proven else "tcg"


def _remembered(note: Path, identity: str) -> bool | None:
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
        return bool(known["kvm"]) if known["identity"] == identity else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(note: Path, identity: str, proven: bool) -> None:
    write_atomically(note, json.dumps({"identity": identity, "kvm": proven}))
