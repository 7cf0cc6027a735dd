"""The command lines of QEMU for each kind of machine, compared as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.machines.qemu.hardware import (
    Accelerator,
    DirectBoot,
    Hardware,
    Wiring,
    argv,
    blockdev,
)
from upgradeproof.plan.images import Architecture, Firmware

SANDBOX = (
    "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny "
    "-nodefaults -no-user-config -display none"
)
SOCKETS = (
    "-chardev socket,id=monitor,fd=7 -mon chardev=monitor,mode=control "
    "-chardev socket,id=console,fd=9 -serial chardev:console "
    "-chardev socket,id=channel,fd=8 -device virtio-serial-pci,addr=0x4 "
    "-device virtserialport,chardev=channel,name=upgradeproof.channel"
)
DISK = (
    "-blockdev node-name=disk,driver=qcow2,file.driver=file,file.filename=/m/disk.qcow2,"
    "cache.no-flush=on,discard=unmap"
)
VARIABLES = DISK.replace("disk", "variables")
DRIVE = "-device virtio-blk-pci,drive=disk,addr=0x2"
RANDOM = (
    "-object rng-random,id=random,filename=/dev/urandom -device virtio-rng-pci,rng=random,addr=0x5"
)
CARD = "-device virtio-net-pci,netdev=network,romfile=,addr=0x3"
NETWORK = f"-netdev user,id=network {CARD}"


def line(
    architecture: Architecture = "amd64",
    firmware: Firmware = "bios",
    accelerator: Accelerator = "tcg",
    *,
    ports: tuple[int, ...] = (),
    direct: DirectBoot | None = None,
    resume: bool = False,
) -> str:
    hardware = Hardware(architecture=architecture, firmware=firmware, memory_mb=1024, processors=2)
    names = ("disk", "variables") if firmware == "uefi" else ("disk",)
    wiring = Wiring(
        disks={name: Path(f"/m/{name}.qcow2") for name in names},
        monitor=7,
        channel=8,
        console=9,
        ports=ports,
        direct=direct,
        resume=resume,
    )
    return " ".join(argv(hardware, accelerator, wiring))


def test_a_pc_with_a_bios() -> None:
    assert line() == (
        f"qemu-system-x86_64 {SANDBOX} -machine q35,graphics=off "
        "-accel tcg,thread=multi -cpu qemu64,-svm "
        f"-smp 2 -m 1024 -rtc base=utc {SOCKETS} {DISK} {DRIVE} {NETWORK} {RANDOM}"
    )


def test_a_pc_with_uefi() -> None:
    assert line(firmware="uefi") == (
        f"qemu-system-x86_64 {SANDBOX} -machine q35,graphics=off "
        "-accel tcg,thread=multi -cpu qemu64,-svm "
        f"-smp 2 -m 1024 -rtc base=utc {SOCKETS} {DISK} {VARIABLES} "
        "-drive if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd "
        f"-machine pflash1=variables {DRIVE} {NETWORK} {RANDOM}"
    )


def test_an_arm_server() -> None:
    assert line("arm64", "uefi") == (
        f"qemu-system-aarch64 {SANDBOX} -machine virt -accel tcg,thread=multi "
        f"-cpu max,pauth-impdef=on -smp 2 -m 1024 -rtc base=utc {SOCKETS} {DISK} {VARIABLES} "
        "-drive if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/AAVMF/AAVMF_CODE.fd "
        f"-machine pflash1=variables {DRIVE} {NETWORK} {RANDOM}"
    )


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_kvm_runs_this_hosts_own_processor(architecture: Architecture) -> None:
    emulated = line(architecture, "uefi")
    model = "qemu64,-svm" if architecture == "amd64" else "max,pauth-impdef=on"
    assert line(architecture, "uefi", "kvm") == emulated.replace(
        "-accel tcg,thread=multi", "-accel kvm"
    ).replace(f"-cpu {model}", "-cpu host")


def test_ports_are_published_on_the_loopback_only() -> None:
    forwards = "hostfwd=tcp:127.0.0.1:0-:80,hostfwd=tcp:127.0.0.1:0-:443"
    assert line(ports=(80, 443)) == line().replace(
        NETWORK, f"-netdev user,id=network,{forwards} {CARD}"
    )


def test_the_arguments_of_a_kernel_from_outside_are_at_the_end() -> None:
    direct = DirectBoot(
        kernel=Path("/k/vmlinuz"), initrd=Path("/k/initrd.img"), command_line="root=LABEL=root rw"
    )
    assert line(direct=direct) == (
        f"{line()} -kernel /k/vmlinuz -initrd /k/initrd.img -append root=LABEL=root rw"
    )


def test_a_machine_with_a_stored_memory_waits_for_it() -> None:
    assert line(resume=True) == f"{line()} -incoming defer"


def test_a_comma_in_a_path_is_doubled() -> None:
    assert blockdev("disk", Path("/a,b/disk.qcow2")) == (
        "node-name=disk,driver=qcow2,file.driver=file,file.filename=/a,,b/disk.qcow2,"
        "cache.no-flush=on,discard=unmap"
    )
