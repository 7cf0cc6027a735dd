"""What makes a root file system a disk that boots: pure functions.

The boot loader is installed by the machine itself, in a first boot by direct kernel boot: so it is
Debian's own work, in its own environment, and this host needs neither a loop device nor rights.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from upgradeproof.machines.qemu.hardware import CONSOLES
from upgradeproof.plan.images import Architecture, Firmware

SECTOR = 512
MEBIBYTE = 1024 * 1024 // SECTOR
BOOT_AT, BOOT_SIZE = MEBIBYTE, MEBIBYTE
ESP_AT, ESP_SIZE = 2 * MEBIBYTE, 64 * MEBIBYTE
ROOT_AT = ESP_AT + ESP_SIZE
ROOT_LABEL, ESP_LABEL = "root", "ESP"
_FEATURES = (
    "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,"
    "large_file,huge_file,dir_nlink,extra_isize,metadata_csum"
)
"""The features of ext4 in Debian 11: GRUB 2.04 calls a file system with more "unknown", and the
tools of an old host refuse words for what they don't know, even to leave it out."""
INITRAMFS_MODULES = "/usr/share/initramfs-tools/modules.d/upgradeproof"
INITRAMFS_ROOT = "/etc/initramfs-tools/conf.d/upgradeproof"
EARLY = frozenset({INITRAMFS_MODULES, INITRAMFS_ROOT})
"""What must be there before the kernel's package, which makes the initramfs after it."""
PASSING = frozenset({INITRAMFS_ROOT})
"""Those that are removed from the image at the end."""
_VFAT = "-F 32 -s 1"
"""By default mkfs.vfat takes clusters for the whole file: too few for UEFI to read."""
AGENT = "/usr/local/lib/upgradeproof/agent"

_AGENT_UNIT = f"""\
[Unit]
Description=Channel of upgradeproof
DefaultDependencies=no
IgnoreOnIsolate=yes

[Service]
ExecStart=/usr/bin/perl {AGENT}
Restart=always
RestartSec=0.2
# What the host runs goes on when the agent is started again.
KillMode=process
OOMScoreAdjust=-1000

[Install]
WantedBy=sysinit.target
"""
_NETWORK = """\
[Match]
Type=ether

[Network]
# QEMU's network gives every machine this address; a DHCP client would add one more socket that
# is sometimes there and sometimes not.
Address=10.0.2.15/24
Gateway=10.0.2.2
"""
_SERIAL_GRUB = """\
# The console log is all that is seen of a boot.
GRUB_TIMEOUT=1
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="console={console}"
GRUB_TERMINAL={terminal}
{serial}"""


def configuration(architecture: Architecture, firmware: Firmware) -> dict[str, str]:
    """Return the files that a VM needs in addition to its packages, by path."""
    serial = "serial" if firmware == "bios" else "console"
    command = 'GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"\n' if serial == "serial" else ""
    mounts = f"LABEL={ROOT_LABEL} / ext4 errors=remount-ro 0 1\n"
    if firmware == "uefi":
        mounts += f"LABEL={ESP_LABEL} /boot/efi vfat umask=0077 0 1\n"
    return {
        AGENT: files("upgradeproof.machines.qemu").joinpath("agent.pl").read_text("utf-8"),
        "/etc/systemd/system/upgradeproof-agent.service": _AGENT_UNIT,
        "/etc/systemd/network/80-ether.network": _NETWORK,
        "/etc/default/grub.d/upgradeproof.cfg": _SERIAL_GRUB.format(
            console=CONSOLES[architecture], terminal=serial, serial=command
        ),
        # The channel must not depend on the modules that are under test.
        INITRAMFS_MODULES: "virtio_console\n",
        # A machine looks at the disk that it runs from; there is none yet, and an initramfs that
        # does not know its root's type has no fsck.
        INITRAMFS_ROOT: "FSTYPE=ext4\n",
        "/etc/fstab": mounts,
        "/etc/hostname": "machine\n",
        "/etc/hosts": "127.0.0.1 localhost\n127.0.1.1 machine\n::1 localhost\n",
        "/etc/resolv.conf": "nameserver 10.0.2.3\n",
        "/etc/machine-id": "uninitialized\n",
    }


LINKS: Mapping[str, str] = {
    "/etc/systemd/system/sysinit.target.wants/upgradeproof-agent.service": (
        "/etc/systemd/system/upgradeproof-agent.service"
    ),
    "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service": (
        "/lib/systemd/system/systemd-networkd.service"
    ),
}
"""What is enabled at boot."""


def write_configuration(
    early: Path, late: Path, architecture: Architecture, firmware: Firmware
) -> None:
    """Write these files below two folders, from where they are copied into the root in turn."""
    for path, text in configuration(architecture, firmware).items():
        file = (early if path in EARLY else late) / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755 if path == AGENT else 0o644)
    for path, target in LINKS.items():
        link = late / path.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)


def recipe(architecture: Architecture, firmware: Firmware) -> list[object]:
    """Return all that is done to a root file system, for the key of the image."""
    anywhere = Path("/")
    return [
        configuration(architecture, firmware),
        dict(LINKS),
        assembly(anywhere, 0, anywhere, anywhere),
        installation(architecture, firmware),
    ]


def partitions() -> str:
    """Return the partition table as sfdisk reads it, with a partition for each boot loader."""
    return (
        "label: gpt\n"
        f"start={BOOT_AT}, size={BOOT_SIZE}, type=21686148-6449-6E6F-744E-656564454649\n"
        f"start={ESP_AT}, size={ESP_SIZE}, type=U\n"
        f"start={ROOT_AT}, type=L\n"
    )


def assembly(disk: Path, size_mb: int, tar: Path, root: Path) -> str:
    """Return the script that makes a raw disk of a root file system's tar file.

    Under ``fakeroot`` it needs no rights; every file system is written at its offset, so there is
    no loop device. Device nodes stay behind: a kernel makes its own.
    """
    disk_word, tar_word, root_word = (shlex.quote(str(path)) for path in (disk, tar, root))
    esp_kib = ESP_SIZE * SECTOR // 1024
    root_kib = (size_mb * MEBIBYTE - ROOT_AT - MEBIBYTE) * SECTOR // 1024
    return f"""set -e
truncate -s {size_mb}M {disk_word}
printf '%s' '{partitions()}' | sfdisk -q {disk_word}
mkfs.vfat {_VFAT} -n {ESP_LABEL} --offset {ESP_AT} {disk_word} {esp_kib} >/dev/null
mkdir {root_word}
tar -x -f {tar_word} -C {root_word} --numeric-owner --exclude './dev/*'
mke2fs -q -t ext4 -O {_FEATURES} -L {ROOT_LABEL} -E offset={ROOT_AT * SECTOR},root_owner=0:0 \\
    -d {root_word} {disk_word} {root_kib}k
"""


def installation(architecture: Architecture, firmware: Firmware) -> str:
    """Return the script with which a machine installs its own boot loader.

    The answers go to debconf as well: the package's next upgrade installs it to the same place.
    """
    target = {
        ("amd64", "bios"): "i386-pc",
        ("amd64", "uefi"): "x86_64-efi",
        ("arm64", "uefi"): "arm64-efi",
    }[architecture, firmware]
    if firmware == "bios":
        answers = (
            "grub-pc grub-pc/install_devices multiselect /dev/vda",
            "grub-pc grub-pc/install_devices_empty boolean false",
        )
        install = f"grub-install --target={target} /dev/vda"
    else:
        package = f"grub-efi-{architecture}"
        answers = (
            f"{package} grub2/force_efi_extra_removable boolean true",
            f"{package} grub2/update_nvram boolean false",
        )
        install = (
            f"grub-install --target={target} --efi-directory=/boot/efi --no-nvram"
            " --force-extra-removable"
        )
    lines = "\n".join(answers)
    return f"""set -e
printf '%s\\n' '{lines}' | debconf-set-selections
{install}
update-grub
rm -f /var/lib/systemd/random-seed
rm -rf /var/log/journal/*
apt-get clean
"""
