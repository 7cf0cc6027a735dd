"""The machine that QEMU emulates, as its command line: pure functions.

Everything that a saved memory depends on is fixed here: the order and the addresses of the devices,
the processor's model, the size of the memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from upgradeproof.plan.images import Architecture, Firmware

Accelerator = Literal["kvm", "tcg"]

PORT_NAME = "upgradeproof.channel"
"""The virtio-serial port of the channel; ``agent.pl`` looks for it."""
PROGRAMS: Mapping[Architecture, str] = {
    "amd64": "qemu-system-x86_64",
    "arm64": "qemu-system-aarch64",
}
UEFI_CODE: Mapping[Architecture, str] = {
    "amd64": "/usr/share/OVMF/OVMF_CODE_4M.fd",
    "arm64": "/usr/share/AAVMF/AAVMF_CODE.fd",
}
"""Where Debian's packages ovmf and qemu-efi-aarch64 put the firmware."""
UEFI_VARIABLES: Mapping[Architecture, str] = {
    "amd64": "/usr/share/OVMF/OVMF_VARS_4M.fd",
    "arm64": "/usr/share/AAVMF/AAVMF_VARS.fd",
}
PACKAGES: Mapping[Architecture, Sequence[str]] = {
    "amd64": ("qemu-system-x86", "qemu-utils", "ovmf"),
    "arm64": ("qemu-system-arm", "qemu-utils", "qemu-efi-aarch64"),
}
"""What Debian calls the packages that hold all this."""
# Without graphics a PC's BIOS writes on the serial port, and so does GRUB before it has read its
# configuration: "grub rescue>" would be printed on a screen that is not recorded.
MACHINES: Mapping[Architecture, str] = {"amd64": "q35,graphics=off", "arm64": "virt"}
# Measured on Debian 11 to 13 under TCG: the plainest x86 model boots 20-50 % faster than one with
# AVX2, and arm's pointer authentication by its real algorithm would cost most of the time. Without
# svm, as KVM's own modules would load at one boot and not at the next.
PROCESSORS: Mapping[tuple[Architecture, Accelerator], str] = {
    ("amd64", "tcg"): "qemu64,-svm",
    ("arm64", "tcg"): "max,pauth-impdef=on",
    ("amd64", "kvm"): "host",
    ("arm64", "kvm"): "host",
}
CONSOLES: Mapping[Architecture, str] = {"amd64": "ttyS0", "arm64": "ttyAMA0"}
"""What Linux calls the serial port that our console log is written from."""


@dataclass(frozen=True, kw_only=True)
class DirectBoot:
    """A kernel handed in from outside; it proves nothing of the machine's own boot loader."""

    kernel: Path
    initrd: Path
    command_line: str


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """The hardware that a disk was made for, and that a saved memory needs again, exactly."""

    architecture: Architecture
    firmware: Firmware
    memory_mb: int
    processors: int


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """The connections of one running QEMU on this host."""

    disks: Mapping[str, Path]
    """The qcow2 file of the disk, and with UEFI that of its variables: ``disk``, ``variables``."""
    monitor: int = -1
    """File descriptor of a connected socket, as are the next two."""
    channel: int = -1
    console: int = -1
    ports: Sequence[int] = ()
    """TCP ports of the machine; QEMU takes a free port of 127.0.0.1 for each."""
    direct: DirectBoot | None = None
    resume: bool = False
    """Whether the memory comes from a file, which the monitor then names."""


def argv(hardware: Hardware, accelerator: Accelerator, wiring: Wiring) -> tuple[str, ...]:
    """Return the command line of QEMU."""
    architecture = hardware.architecture
    return (
        PROGRAMS[architecture],
        # QEMU gets as little of this host as possible: only open files, no programs, no rights.
        *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        *("-nodefaults", "-no-user-config", "-display", "none"),
        *("-machine", MACHINES[architecture]),
        *("-accel", "tcg,thread=multi" if accelerator == "tcg" else "kvm"),
        *("-cpu", PROCESSORS[architecture, accelerator]),
        *("-smp", str(hardware.processors), "-m", str(hardware.memory_mb)),
        *("-rtc", "base=utc"),
        *_sockets(wiring),
        *_disks(hardware, wiring),
        *_network(wiring),
        *("-object", "rng-random,id=random,filename=/dev/urandom"),
        *("-device", "virtio-rng-pci,rng=random,addr=0x5"),
        *_direct(wiring.direct),
        *(("-incoming", "defer") if wiring.resume else ()),
    )


def definition() -> str:
    """Return a hash of the command lines of all architectures, accelerators and firmwares.

    Memory and processors are those of an image, and a part of its key.
    """
    lines = [
        argv(
            Hardware(architecture=architecture, firmware=firmware, memory_mb=0, processors=0),
            accelerator,
            Wiring(disks={}),
        )
        for architecture, accelerator in PROCESSORS
        for firmware in get_args(Firmware)
    ]
    return hashlib.sha256(repr(lines).encode()).hexdigest()[:16]


def _sockets(wiring: Wiring) -> tuple[str, ...]:
    return (
        *("-chardev", f"socket,id=monitor,fd={wiring.monitor}"),
        *("-mon", "chardev=monitor,mode=control"),
        *("-chardev", f"socket,id=console,fd={wiring.console}"),
        *("-serial", "chardev:console"),
        *("-chardev", f"socket,id=channel,fd={wiring.channel}"),
        *("-device", "virtio-serial-pci,addr=0x4"),
        *("-device", f"virtserialport,chardev=channel,name={PORT_NAME}"),
    )


def _disks(hardware: Hardware, wiring: Wiring) -> tuple[str, ...]:
    words: list[str] = []
    for node, path in wiring.disks.items():
        words += ["-blockdev", blockdev(node, path)]
    if hardware.firmware == "uefi":
        code = _quoted(Path(UEFI_CODE[hardware.architecture]))
        words += ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={code}"]
        words += ["-machine", "pflash1=variables"]
    return (*words, "-device", "virtio-blk-pci,drive=disk,addr=0x2")


def blockdev(node: str, path: Path) -> str:
    """Return a disk's description; a flush need not reach this host's own disk."""
    file = f"file.driver=file,file.filename={_quoted(path)}"
    return f"node-name={node},driver=qcow2,{file},cache.no-flush=on,discard=unmap"


def _network(wiring: Wiring) -> tuple[str, ...]:
    forwards = "".join(f",hostfwd=tcp:127.0.0.1:0-:{port}" for port in wiring.ports)
    return (
        *("-netdev", f"user,id=network{forwards}"),
        *("-device", "virtio-net-pci,netdev=network,romfile=,addr=0x3"),
    )


def _direct(direct: DirectBoot | None) -> tuple[str, ...]:
    if direct is None:
        return ()
    return (
        *("-kernel", str(direct.kernel), "-initrd", str(direct.initrd)),
        *("-append", direct.command_line),
    )


def _quoted(path: Path) -> str:
    """Return a path as QEMU's options take it: a comma is doubled."""
    return str(path).replace(",", ",,")
