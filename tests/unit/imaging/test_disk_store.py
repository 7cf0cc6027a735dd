"""Disks of VMs: what this host or an image lacks is reported before any work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.imaging.fakes import EXAMPLE
from upgradeproof.errors import ImageError
from upgradeproof.imaging import Request
from upgradeproof.imaging.stores import every_store
from upgradeproof.imaging.stores.disk import PROGRAMS, STORE
from upgradeproof.machines.qemu.hardware import Hardware
from upgradeproof.machines.qemu.snapshots import Snapshot
from upgradeproof.plan.images import Architecture, Image

VM = {"packages": {"amd64": ["linux", "grub-pc"], "arm64": ["linux", "grub-efi-arm64"]}}


def image(**vm: object) -> Image:
    plain = EXAMPLE.model_dump() | {"machines": ("container", "vm"), "vm": VM | vm}
    return Image.model_validate(plain)


def request(architecture: Architecture = "amd64", **vm: object) -> Request:
    return Request(
        name="example-1",
        image=image(**vm),
        architecture=architecture,
        machine="vm",
        archive=None,
    )


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of programs of a host on which no program is installed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)


def test_the_store_is_found() -> None:
    assert every_store()["vm"] is STORE


def test_a_host_without_the_programs_is_an_error_that_names_all_of_them(bin_folder: Path) -> None:
    packages = ["fdisk", "dosfstools", "e2fsprogs", "qemu-utils", "util-linux"]
    if os.geteuid() != 0:
        packages.append("fakeroot")
    assert str(STORE.obstacle(request())) == (
        f"this host can't make disks: {', '.join(packages)} not installed\n"
        f"To do: `make setup` installs it; by hand: apt install {' '.join(packages)}"
    )


@pytest.mark.parametrize(
    ("architecture", "program", "packages"),
    [
        ("amd64", "qemu-system-x86_64", "qemu-system-x86 qemu-utils ovmf"),
        ("arm64", "qemu-system-aarch64", "qemu-system-arm qemu-utils qemu-efi-aarch64"),
    ],
)
def test_a_host_without_qemu_is_an_error_that_names_the_program(
    bin_folder: Path, architecture: Architecture, program: str, packages: str
) -> None:
    install(bin_folder, *PROGRAMS, "fakeroot")
    assert str(STORE.obstacle(request(architecture))) == (
        f"{program} is not installed: no VM of {architecture} can be started\n"
        f"To do: `make setup` installs it; by hand: apt install {packages} util-linux"
    )
    install(bin_folder, program)
    if architecture == "amd64":
        assert STORE.obstacle(request(architecture)) is None


def test_an_image_without_the_table_vm_is_an_error(bin_folder: Path) -> None:
    bare = Request(
        name="example-1", image=EXAMPLE, architecture="amd64", machine="vm", archive=None
    )
    with pytest.raises(ImageError) as caught:
        STORE.hooks(bare, bin_folder)
    assert str(caught.value) == ("example-1-amd64 is not described as a VM: it has no table [vm]")


def test_only_a_complete_disk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPGRADEPROOF_CACHE", str(tmp_path))
    assert STORE.find(request()) is None
    folder = tmp_path / "vm" / "images" / request().key
    folder.mkdir(parents=True)
    (folder / "disk.qcow2").touch()
    assert STORE.find(request()) is None
    hardware = Hardware(architecture="amd64", firmware="bios", memory_mb=1024, processors=2)
    Snapshot(folder=folder, hardware=hardware).write()
    assert STORE.find(request()) == str(folder)


def test_the_configuration_is_copied_into_the_root_partly_before_the_kernel(
    tmp_path: Path,
) -> None:
    scratch = tmp_path / "a folder"
    scratch.mkdir()
    assert STORE.hooks(request(), scratch) == (
        f"--essential-hook=sync-in '{scratch}/early' /",
        f"--customize-hook=sync-in '{scratch}/late' /",
        '--customize-hook=rm "$1/etc/initramfs-tools/conf.d/upgradeproof"',
    )
    types = scratch / "early" / "etc" / "initramfs-tools" / "conf.d" / "upgradeproof"
    assert types.read_text() == "FSTYPE=ext4\n"
    assert (scratch / "late" / "etc" / "hostname").is_file()


def test_an_image_may_name_the_firmware_of_one_architecture_only(tmp_path: Path) -> None:
    mixed = {"firmware": {"amd64": "uefi"}}
    STORE.hooks(request("arm64", **mixed), tmp_path)
    assert "/boot/efi" in (tmp_path / "late/etc/fstab").read_text()


def test_a_container_image_can_not_become_a_disk() -> None:
    with pytest.raises(ImageError) as caught:
        STORE.commit(request(), "a-container")
    assert str(caught.value) == ("no disk can be made of a container image for example-1-amd64.vm")


@pytest.mark.parametrize(
    "vm",
    [
        {"memory_mb": 2048},
        {"processors": 1},
        {"firmware": {"amd64": "uefi", "arm64": "uefi"}},
        {"packages": {"amd64": ["linux"], "arm64": ["linux"]}},
    ],
)
def test_another_machine_has_another_image(vm: dict[str, Any]) -> None:
    assert request(**vm).key != request().key
    assert request().label == "example-1-amd64.vm"


def test_a_vm_has_its_own_packages_in_addition_to_the_images() -> None:
    assert request("arm64").packages == ("systemd", "linux", "grub-efi-arm64")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vm": None}, 'machines names "vm": describe it in a table [vm]'),
        (
            {"vm": {"packages": {"amd64": ["linux"]}}},
            "[vm] packages lacks ['arm64'], which architectures names",
        ),
        ({"vm": VM | {"memory_mb": 64}}, "greater than or equal to 128"),
        ({"vm": VM | {"processors": 0}}, "greater than or equal to 1"),
        ({"vm": VM | {"firmware": {"amd64": "coreboot"}}}, "'bios' or 'uefi'"),
        ({"vm": VM | {"disk_mb": 100}}, "Extra inputs are not permitted"),
    ],
)
def test_an_invalid_description_of_a_vm_is_an_error(
    changes: dict[str, object], message: str
) -> None:
    plain = EXAMPLE.model_dump() | {"machines": ("container", "vm")} | changes
    with pytest.raises(ValidationError) as caught:
        Image.model_validate(plain)
    assert message in str(caught.value)


def test_a_container_needs_no_table() -> None:
    assert Image.model_validate(EXAMPLE.model_dump() | {"machines": ("container",)}).vm is None
