"""The machine: resources, free space, storage, uplink, protection, and a reboot that is due."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.preflight.situations import EMULATED, SHARED, Read, found
from upgradeproof.probes.boot import Boot, CurrentBoot
from upgradeproof.probes.disks import Disk, Disks
from upgradeproof.probes.firewall import FilterTable, PacketFilter
from upgradeproof.probes.folders import Folder, Folders
from upgradeproof.probes.links import Link, Links
from upgradeproof.probes.reboots import PendingReboot, Reboots
from upgradeproof.probes.resources import Given, Resources
from upgradeproof.probes.services import Service, Services
from upgradeproof.results import Fidelity

SMALL = {Resources: {"given": Given(cores=2, memory_bytes=8_350_000_000)}}
KERNEL = CurrentBoot(boot_id="b", release="6.1.0-9", version="#1", images=("6.1.0-9", "6.1.0-8"))
STORAGE = {"storage_iops": {"path": "/var/thing", "min": 5000}}


def test_too_few_cores_and_too_little_memory_are_high() -> None:
    asked = {
        "cores": {"min": 4, "recommended": 8},
        "memory_gb": {"min": 16, "recommended": 32, "severity": "info"},
        "codes": {"cores": "E1203", "memory": "E1203"},
    }
    meaning = "With less, the new release is not supported, and may be slow or fail."
    assert found(SMALL, preflight=asked) == [
        (
            f"high cores: E1203 2 processor cores, where 4 are required\n  {meaning}\n"
            "  To do: give the machine 8 processor cores"
        ),
        (
            f"info memory: E1203 8.3 GB of memory, where 16 are required\n  {meaning}\n"
            "  To do: give the machine 32 GB of memory"
        ),
    ]


def test_fewer_cores_than_recommended_are_info() -> None:
    (only,) = found(SMALL, preflight={"cores": {"min": 2, "recommended": 4}})
    assert only.startswith("info cores: 2 processor cores, where 4 are recommended\n")


def test_enough_resources_are_no_finding() -> None:
    asked = {"cores": {"min": 4}, "memory_gb": {"min": 16}}
    given = Given(cores=4, memory_bytes=16_000_000_000)
    assert found({Resources: {"given": given}}, preflight=asked) == []


@pytest.mark.parametrize("records", [{}, {"given": Given()}])
def test_unknown_resources_are_info_where_the_plan_requires_some(
    records: dict[str, Given],
) -> None:
    assert found({Resources: records}) == []
    assert found({Resources: records}, preflight={"cores": {"min": 4}}) == [
        (
            "info cores: the number of processor cores is not known here\n"
            "  The machine's /proc does not show it.\n"
            "  To do: compare the production machine with the plan"
        )
    ]


def test_a_folder_without_free_space_is_an_inhibitor() -> None:
    folders = {Folders: {"/var/thing": Folder(available_bytes=90_000_000, available_inodes=0)}}
    assert found(folders, preflight={"space": [{"path": "/var/thing", "min_mb": 1000}]}) == [
        (
            "inhibitor inodes//var/thing: no inode is free in /var/thing\n"
            "  No file can be made there, however much space is free.\n"
            "  To do: remove files from /var/thing, or make its file system with more inodes"
        ),
        (
            "inhibitor room//var/thing: 90 MB free in /var/thing, where 1,000 are required\n"
            "  Without free space the upgrade fails, and the new release can't write.\n"
            "  To do: free space, or raise the quota, until 1,000 MB are free in /var/thing"
        ),
    ]


def test_a_full_root_file_system_is_an_inhibitor_by_default() -> None:
    (only,) = found({Folders: {"/": Folder(available_bytes=5_000_000)}})
    assert only.startswith("inhibitor room//: 5 MB free in /, where 200 are required\n")


def test_the_plan_may_require_less() -> None:
    asked = {"space": [{"path": "/", "min_mb": 1}]}
    assert found({Folders: {"/": Folder(available_bytes=5_000_000)}}, preflight=asked) == []


def test_free_space_in_boot_is_examined_where_a_kernel_is_in_it() -> None:
    full = {Folders: {"/boot": Folder(available_bytes=5_000_000)}}
    assert found(full) == []
    (only,) = found({**full, Boot: {"current": KERNEL}})
    assert only.startswith("inhibitor room//boot: 5 MB free in /boot, where 100 are required\n")


def test_unknown_free_space_is_info_where_the_plan_names_the_folder() -> None:
    read = {Folders: {"/": Folder()}}
    assert found(read) == []
    (only,) = found(read, preflight={"space": [{"path": "/srv", "min_mb": 1}]})
    assert only.startswith("info room//srv: how much is free in /srv is not known here\n")


def test_a_slow_uplink_is_high() -> None:
    read = {Links: {"ens3": Link(speed_mbps=100), "ens4": Link()}}
    assert found(read, preflight={"uplink_gbps": {"min": 1, "recommended": 10}}) == [
        (
            "high uplink: 0.1 Gbps on the fastest link, where 1 are required\n"
            "  Packages and data may take longer than the maintenance window allows.\n"
            "  To do: give the machine a link of 10 Gbps"
        )
    ]


def test_an_uplink_of_unknown_speed_is_info_where_the_plan_requires_a_speed() -> None:
    read = {Links: {"ens3": Link()}}
    assert found(read) == []
    assert found(read, preflight={"uplink_gbps": {"min": 1}}) == [
        (
            "info uplink: the speed of the uplink is not known here\n"
            "  A container has a virtual link, and few drivers of VMs report a speed.\n"
            "  To do: measure on the host: ethtool"
        )
    ]


def test_slow_storage_is_high() -> None:
    folder = Folder(file_system="ext2/ext3", write_iops=312.4)
    assert found({Folders: {"/var/thing": folder}}, preflight=STORAGE) == [
        (
            "high storage: 312.4 writes of 4 KiB in a second in /var/thing, "
            "where 5,000 are required\n"
            "  On slower storage the new release stalls when it writes.\n"
            "  To do: put its folder on storage that supports 5,000 writes in a second"
        )
    ]


@pytest.mark.parametrize(
    ("folder", "fidelity", "why"),
    [
        (
            Folder(file_system="ext2/ext3", write_iops=9),
            EMULATED,
            "The machine is emulated (tcg): its time is not real time.",
        ),
        (
            Folder(file_system="overlayfs", write_iops=9),
            SHARED,
            "/var/thing is on overlayfs, which is no storage of this machine.",
        ),
        (
            Folder(file_system="ext2/ext3"),
            SHARED,
            "fio is not installed on the machine, or could not measure there.",
        ),
    ],
)
def test_storage_is_not_judged_where_a_measurement_is_meaningless(
    folder: Folder, fidelity: Fidelity, why: str
) -> None:
    assert found({Folders: {"/var/thing": folder}}, fidelity=fidelity, preflight=STORAGE) == [
        (
            "info storage: how many writes in a second /var/thing supports is not known here\n"
            f"  {why}\n"
            "  To do: measure it with fio on a machine like the production machine"
        )
    ]


def test_a_wrong_scheduler_is_high() -> None:
    disks = {
        "sda": Disk(rotational=True, scheduler="none"),
        "sdb": Disk(rotational=True, scheduler="bfq"),
        "nvme0n1": Disk(rotational=False, scheduler="bfq"),
    }
    asked = {"schedulers": {"rotational": ["mq-deadline", "bfq"]}}
    assert found({Disks: disks}, preflight=asked) == [
        (
            "high scheduler/sda: the disk sda has the I/O scheduler none\n"
            "  It rotates: the plan has mq-deadline or bfq for it.\n"
            "  To do: echo mq-deadline >/sys/block/sda/queue/scheduler, and a udev rule to make "
            "it permanent"
        )
    ]


def protected(read: Read, **others: Any) -> list[str]:
    asked = {"protection": {"services": ["waf"], "packet_filter": True}}
    return found(read, preflight=asked, **others)


def test_a_machine_without_the_required_protection_is_high() -> None:
    exposed = "During and after the upgrade, the machine is not protected."
    filtered = (
        f"high protection/packet-filter: the packet filter has no rules\n  {exposed}\n"
        "  To do: systemctl enable --now nftables, with rules in /etc/nftables.conf"
    )
    assert protected({}) == [
        filtered,
        f"high protection/waf: waf is not installed\n  {exposed}\n  To do: install waf",
    ]
    assert protected({Services: {"waf.service": Service()}}) == [
        filtered,
        f"high protection/waf: waf is inactive\n  {exposed}\n  To do: systemctl enable --now waf",
    ]
    (quoted,) = found(
        {Services: {r"waf@a\x2db.service": Service()}},
        preflight={"protection": {"services": [r"waf@a\x2db"]}},
    )
    assert quoted.endswith(r"To do: systemctl enable --now 'waf@a\x2db'")


def test_a_protected_machine_is_no_finding() -> None:
    read: Read = {
        Services: {"waf.service": Service(active="active")},
        PacketFilter: {"inet/filter": FilterTable(rules=("chain input {",))},
    }
    assert protected(read) == []


def test_the_packet_filter_of_a_container_is_unknown() -> None:
    running = {Services: {"waf.service": Service(active="active")}}
    assert protected(running, fidelity=SHARED) == [
        (
            "info protection/packet-filter: whether the packet filter has rules is not known here\n"
            "  A container uses the packet filter of its host's kernel.\n"
            "  To do: run this on a machine with its own kernel: nft list ruleset"
        )
    ]


def test_a_reboot_that_is_due_is_high() -> None:
    unproven = (
        "If the machine does not boot after the upgrade, the change that caused it is not known."
    )
    read: Read = {
        Reboots: {"pending": PendingReboot(required=True, packages=("dbus", "libc6"))},
        Boot: {"current": KERNEL.model_copy(update={"release": "6.1.0-8"})},
    }
    assert found(read) == [
        (
            f"high reboot/kernel: the kernel 6.1.0-8 runs, and 6.1.0-9 is installed\n  {unproven}\n"
            "  To do: systemctl reboot"
        ),
        (
            f"high reboot/required: a reboot is pending, as required by dbus, libc6\n  {unproven}\n"
            "  To do: systemctl reboot"
        ),
    ]


def test_the_newest_kernel_without_a_mark_is_no_finding() -> None:
    read: Read = {Reboots: {"pending": PendingReboot(required=False)}, Boot: {"current": KERNEL}}
    assert found(read) == []
