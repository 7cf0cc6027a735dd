"""The probes of the preflight on a real machine: a test changes it, and undoes the change."""

from __future__ import annotations

from tests.machines.probing import NOTHING, changed, run
from upgradeproof.machines.docker_machine import DockerMachine
from upgradeproof.probes import ProbeInputs, read
from upgradeproof.probes.components import Components
from upgradeproof.probes.disks import Disks
from upgradeproof.probes.folders import Folders
from upgradeproof.probes.links import Links
from upgradeproof.probes.reboots import PendingReboot, Reboots
from upgradeproof.probes.resources import Resources


def test_a_container_has_its_resources_and_no_hardware_of_its_host(
    debian: DockerMachine,
) -> None:
    facts = read(debian, NOTHING)
    given = facts[Resources]["given"]
    assert given.cores == float(run(debian, "nproc"))
    assert (given.memory_bytes or 0) > 100_000_000
    assert (facts[Disks], facts[Links]) == ({}, {})


def test_a_missing_folder_has_the_free_space_of_its_parent(
    debian: DockerMachine,
) -> None:
    named = ProbeInputs(folders=("/srv/not/there", "/run"))
    folders = read(debian, named)[Folders]
    assert folders["/srv/not/there"].file_system == "overlayfs"
    assert (folders["/srv/not/there"].available_bytes or 0) > 1_000_000
    assert folders["/run"].file_system == "tmpfs"


def test_a_small_file_system_is_read_with_its_own_free_space(debian: DockerMachine) -> None:
    mount = "mkdir /srv/small; mount -t tmpfs -o size=2m,nr_inodes=2 tmpfs /srv/small"
    fill = "head -c 1048576 /dev/zero >/srv/small/full"
    run(debian, f"{mount}; {fill}")
    try:
        small = read(debian, ProbeInputs(folders=("/srv/small",)))[Folders]["/srv/small"]
        assert (small.total_bytes, small.available_bytes) == (2_097_152, 1_048_576)
        assert small.available_inodes == 0
    finally:
        run(debian, "umount /srv/small; rmdir /srv/small")


def test_storage_is_unknown_where_fio_is_not_installed(debian: DockerMachine) -> None:
    asked = ProbeInputs(folders=("/var/lib",), measured_folder="/var/lib")
    assert read(debian, asked)[Folders]["/var/lib"].write_iops is None
    assert run(debian, "ls -d /var/lib/upgradeproof.* 2>/dev/null || echo none") == "none"


def test_a_command_prints_a_version_and_a_missing_one_none(debian: DockerMachine) -> None:
    named = ProbeInputs(
        commands=("dpkg --version", "no-such-program --version", "echo none; exit 3")
    )
    found = read(debian, named)[Components]
    assert list(found) == ["dpkg --version"]
    assert found["dpkg --version"].version == run(debian, "dpkg-query -W -f '${Version}' dpkg")


def test_a_reboot_that_a_package_asked_for_is_seen(debian: DockerMachine) -> None:
    ask = "touch /run/reboot-required; echo dbus >/run/reboot-required.pkgs"
    assert not read(debian, NOTHING)[Reboots]["pending"].required
    with changed(debian, ask, "rm /run/reboot-required*") as facts:
        pending = PendingReboot(required=True, packages=("dbus",))
        assert facts[Reboots] == {"pending": pending}
