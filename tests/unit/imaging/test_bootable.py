"""The files and scripts that make a bootable disk of a root file system, compared as a whole."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from upgradeproof.imaging import bootable
from upgradeproof.imaging.bootable import AGENT, EARLY, configuration, write_configuration
from upgradeproof.plan.images import Architecture, Firmware

KINDS: list[tuple[Architecture, Firmware]] = [
    ("amd64", "bios"),
    ("amd64", "uefi"),
    ("arm64", "uefi"),
]
every_kind = pytest.mark.parametrize(("architecture", "firmware"), KINDS)


def is_shell(script: str) -> bool:
    return subprocess.run(["sh", "-n", "-c", script], check=False).returncode == 0


@every_kind
def test_the_same_files_make_every_kind_of_vm(
    architecture: Architecture, firmware: Firmware
) -> None:
    assert list(configuration(architecture, firmware)) == [
        AGENT,
        "/etc/systemd/system/upgradeproof-agent.service",
        "/etc/systemd/network/80-ether.network",
        "/etc/default/grub.d/upgradeproof.cfg",
        "/usr/share/initramfs-tools/modules.d/upgradeproof",
        "/etc/initramfs-tools/conf.d/upgradeproof",
        "/etc/fstab",
        "/etc/hostname",
        "/etc/hosts",
        "/etc/resolv.conf",
        "/etc/machine-id",
    ]


def test_the_agent_is_the_one_of_the_backend() -> None:
    source = Path(bootable.__file__).parents[1] / "machines" / "qemu" / "agent.pl"
    assert configuration("amd64", "bios")[AGENT] == source.read_text(encoding="utf-8")


def test_with_a_bios_grubs_own_driver_writes_to_the_serial_port() -> None:
    assert configuration("amd64", "bios")["/etc/default/grub.d/upgradeproof.cfg"] == (
        "# The console log is all that is seen of a boot.\n"
        "GRUB_TIMEOUT=1\n"
        'GRUB_CMDLINE_LINUX_DEFAULT=""\n'
        'GRUB_CMDLINE_LINUX="console=ttyS0"\n'
        "GRUB_TERMINAL=serial\n"
        'GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"\n'
    )


@pytest.mark.parametrize(("architecture", "console"), [("amd64", "ttyS0"), ("arm64", "ttyAMA0")])
def test_with_uefi_the_firmware_writes_to_the_serial_port(
    architecture: Architecture, console: str
) -> None:
    assert configuration(architecture, "uefi")["/etc/default/grub.d/upgradeproof.cfg"] == (
        "# The console log is all that is seen of a boot.\n"
        "GRUB_TIMEOUT=1\n"
        'GRUB_CMDLINE_LINUX_DEFAULT=""\n'
        f'GRUB_CMDLINE_LINUX="console={console}"\n'
        "GRUB_TERMINAL=console\n"
    )


def test_only_uefi_mounts_its_system_partition() -> None:
    root = "LABEL=root / ext4 errors=remount-ro 0 1\n"
    assert configuration("amd64", "bios")["/etc/fstab"] == root
    uefi = f"{root}LABEL=ESP /boot/efi vfat umask=0077 0 1\n"
    assert configuration("amd64", "uefi")["/etc/fstab"] == uefi
    assert configuration("arm64", "uefi")["/etc/fstab"] == uefi


def test_no_setting_of_this_host_is_written() -> None:
    files = configuration("amd64", "bios")
    assert files["/etc/hostname"] == "machine\n"
    assert files["/etc/resolv.conf"] == "nameserver 10.0.2.3\n"
    assert files["/etc/machine-id"] == "uninitialized\n"


def test_the_files_and_their_links_are_written_to_two_folders(tmp_path: Path) -> None:
    early = tmp_path / "early"
    write_configuration(early, tmp_path, "amd64", "bios")
    for path, text in configuration("amd64", "bios").items():
        file = (early if path in EARLY else tmp_path) / path.lstrip("/")
        assert file.read_text(encoding="utf-8") == text
        assert file.stat().st_mode & 0o777 == (0o755 if path == AGENT else 0o644)
    wants = tmp_path / "etc/systemd/system/sysinit.target.wants/upgradeproof-agent.service"
    assert str(wants.readlink()) == "/etc/systemd/system/upgradeproof-agent.service"
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants/systemd-networkd.service"
    assert str(wants.readlink()) == "/lib/systemd/system/systemd-networkd.service"


def test_a_disk_has_partitions_for_the_boot_loaders_of_both_firmwares() -> None:
    assert bootable.partitions() == (
        "label: gpt\n"
        "start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649\n"
        "start=4096, size=131072, type=U\n"
        "start=135168, type=L\n"
    )


def test_a_disk_is_assembled_without_root() -> None:
    script = bootable.assembly(Path("/s/disk.raw"), 8192, Path("/s/root.tar"), Path("/s/root"))
    assert script == (
        "set -e\n"
        "truncate -s 8192M /s/disk.raw\n"
        f"printf '%s' '{bootable.partitions()}' | sfdisk -q /s/disk.raw\n"
        "mkfs.vfat -F 32 -s 1 -n ESP --offset 4096 /s/disk.raw 65536 >/dev/null\n"
        "mkdir /s/root\n"
        "tar -x -f /s/root.tar -C /s/root --numeric-owner --exclude './dev/*'\n"
        "mke2fs -q -t ext4 -O none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,"
        "64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum"
        " -L root -E offset=69206016,root_owner=0:0 \\\n"
        "    -d /s/root /s/disk.raw 8320000k\n"
    )
    assert is_shell(script)


def test_a_cache_may_have_any_name(tmp_path: Path) -> None:
    """Run the script with programs that do nothing; every path is one word."""
    folder = tmp_path / "it's $(odd) x"
    (folder / "bin").mkdir(parents=True)
    for name in ("sfdisk", "mkfs.vfat", "tar", "mke2fs"):
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nfor word; do echo "{name} $word"; done >>"$LOG"\n')
        program.chmod(0o755)
    script = bootable.assembly(folder / "disk", 100, folder / "tar", folder / "root")
    environ = {"PATH": f"{folder}/bin:/usr/bin:/bin", "LOG": str(tmp_path / "log")}
    subprocess.run(["sh", "-c", script], env=environ, check=True)
    log = (tmp_path / "log").read_text().splitlines()
    assert f"sfdisk {folder}/disk" in log
    assert f"mkfs.vfat {folder}/disk" in log
    assert f"tar {folder}/tar" in log
    assert f"mke2fs {folder}/root" in log
    assert (folder / "root").is_dir()


CLEANED = (
    "update-grub\nrm -f /var/lib/systemd/random-seed\nrm -rf /var/log/journal/*\napt-get clean\n"
)


def test_a_bios_boot_loader_is_installed_where_its_next_upgrade_finds_it() -> None:
    assert bootable.installation("amd64", "bios") == (
        "set -e\n"
        "printf '%s\\n' 'grub-pc grub-pc/install_devices multiselect /dev/vda\n"
        "grub-pc grub-pc/install_devices_empty boolean false' | debconf-set-selections\n"
        f"grub-install --target=i386-pc /dev/vda\n{CLEANED}"
    )


@pytest.mark.parametrize(
    ("architecture", "target"), [("amd64", "x86_64-efi"), ("arm64", "arm64-efi")]
)
def test_a_uefi_boot_loader_is_installed_where_any_firmware_finds_it(
    architecture: Architecture, target: str
) -> None:
    assert bootable.installation(architecture, "uefi") == (
        "set -e\n"
        f"printf '%s\\n' 'grub-efi-{architecture} grub2/force_efi_extra_removable boolean true\n"
        f"grub-efi-{architecture} grub2/update_nvram boolean false' | debconf-set-selections\n"
        f"grub-install --target={target} --efi-directory=/boot/efi --no-nvram"
        f" --force-extra-removable\n{CLEANED}"
    )


@every_kind
def test_every_installation_is_a_shell_script(
    architecture: Architecture, firmware: Firmware
) -> None:
    assert is_shell(bootable.installation(architecture, firmware))
