"""VMs that stop unexpectedly or do not boot: the error, and whether the product caused it."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.machines.projects import wait_until
from tests.machines.starting import output_of
from tests.machines.vms import Vms, boot_id, head, is_there, signs, spec, vms
from upgradeproof.errors import BootError, CommandTimeoutError, MachineError
from upgradeproof.machines.qemu import QemuBackend
from upgradeproof.machines.qemu.life import Kind
from upgradeproof.machines.qemu.machine import QemuMachine
from upgradeproof.machines.qemu.snapshots import Snapshot

__all__ = ["vms"]

SYSRQ = "Kernel panic - not syncing: sysrq triggered crash"


@pytest.fixture(scope="module")
def backend(vms: Vms) -> Iterator[QemuBackend]:
    with vms.cache() as found:
        yield found


@pytest.fixture
def clone(vms: Vms, backend: QemuBackend) -> Iterator[QemuMachine]:
    """A separate machine for one test, which may break it."""
    with backend.start(spec(vms.snapshot(), "clone")) as machine:
        yield machine


def test_a_panic_under_a_command_is_reported_at_once_with_the_kernels_message(
    clone: QemuMachine,
) -> None:
    began = time.monotonic()
    with pytest.raises(BootError) as caught:
        clone.run("echo working; echo c >/proc/sysrq-trigger; sleep 60")
    assert head(caught.value) == [
        f"clone went down under a command: kernel panic: {SYSRQ}",
        "see console.log in the evidence",
    ]
    assert caught.value.details.startswith("the shell on clone died under a command: echo working;")
    assert f"---[ end {SYSRQ} ]---" in caught.value.details
    with pytest.raises(BootError) as again:
        clone.run("true")
    assert again.value.brief == f"clone went down before a command: kernel panic: {SYSRQ}"
    assert time.monotonic() - began < 15


def test_a_panic_between_two_commands_is_reported_by_the_next(clone: QemuMachine) -> None:
    output_of(clone, "(sleep 0.5; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &")
    wait_until("it panics", lambda: Kind.PANIC in signs(clone))
    with pytest.raises(BootError) as caught:
        clone.run("true")
    assert caught.value.brief == f"clone went down before a command: kernel panic: {SYSRQ}"


def test_a_reset_under_a_command_is_a_fault_of_the_product(clone: QemuMachine) -> None:
    with pytest.raises(BootError) as caught:
        clone.run("echo b >/proc/sysrq-trigger; sleep 60")
    assert head(caught.value) == [
        "clone was reset unexpectedly under a command",
        'if the reboot is intended, add it to the plan: step = "reboot"',
    ]


def test_a_missing_kernel_is_reported_with_the_boot_loaders_message(clone: QemuMachine) -> None:
    output_of(clone, "mv /boot/vmlinuz-* /srv; sync")
    with pytest.raises(BootError) as caught:
        clone.reboot(timeout_s=120)
    assert caught.value.brief.startswith(
        "clone does not boot: boot loader's prompt: error: file `/boot/vmlinuz-"
    )
    assert "error: you need to load the kernel first." in caught.value.details


@pytest.mark.parametrize(("lost", "prompt"), [("grub.cfg", "grub>"), ("i386-pc", "grub rescue>")])
def test_a_boot_loader_without_its_files_is_reported_by_its_prompt(
    clone: QemuMachine, lost: str, prompt: str
) -> None:
    output_of(clone, f"mv /boot/grub/{lost} /srv; sync")
    with pytest.raises(BootError) as caught:
        clone.reboot(timeout_s=120)
    assert head(caught.value) == [
        f"clone does not boot: boot loader's prompt: {prompt}",
        "the boot loader misses its files, or the kernel: grub-install, update-grub",
    ]


def test_a_boot_that_hangs_is_reported_after_its_limit(clone: QemuMachine) -> None:
    """GRUB shows its menu and waits for a choice."""
    output_of(clone, "sed -i s/timeout=1/timeout=-1/ /boot/grub/grub.cfg; sync")
    with pytest.raises(BootError) as caught:
        clone.reboot(timeout_s=20)
    assert head(caught.value) == [
        "clone hangs at boot: it did not answer in 20 s",
        "see the last lines of console.log in the evidence",
    ]
    assert "Advanced options for Debian GNU/Linux" in caught.value.details


def test_an_emergency_shell_is_a_failed_boot(clone: QemuMachine) -> None:
    mount = "LABEL=none /srv ext4 x-systemd.device-timeout=2s 0 2"
    output_of(clone, f"echo '{mount}' >>/etc/fstab; sync")
    with pytest.raises(BootError) as caught:
        clone.reboot(timeout_s=240)
    assert head(caught.value) == [
        "clone does not boot: emergency shell: You are in emergency mode",
        "see the failed units on the console: a mount of fstab, a file system check",
    ]


def test_a_machine_that_never_answers_is_no_fault_of_the_product(clone: QemuMachine) -> None:
    """The VM is paused: a command times out, and after the pause the VM is the same."""
    before = boot_id(clone)
    clone.process.monitor.execute("stop")
    with pytest.raises(CommandTimeoutError) as caught:
        clone.run("true", timeout_s=1)
    assert caught.value.brief == "a command on clone did not end in 1 s and was ended: true"
    clone.process.monitor.execute("cont")
    assert boot_id(clone) == before


def test_a_killed_qemu_is_no_fault_of_the_product_and_its_disk_has_what_was_synced(
    clone: QemuMachine, backend: QemuBackend, tmp_path: Path
) -> None:
    clone.put(b"synced", "/srv/synced")
    output_of(clone, "sync")
    began = time.monotonic()
    threading.Timer(0.5, os.kill, args=[clone.process.pid, signal.SIGKILL]).start()
    with pytest.raises(MachineError) as caught:
        clone.run("echo working; sleep 60")
    with pytest.raises(MachineError, match="QEMU of clone ended before a command"):
        clone.run("true")
    assert time.monotonic() - began < 5
    assert str(caught.value) == (
        "QEMU of clone ended under a command\nworking\n"
        "To do: was it killed, or out of memory? see `dmesg` of this host"
    )
    assert not clone.alive()
    wait_until("it has ended", lambda: not is_there(clone.process.pid), timeout_s=5)

    origin = clone.origin
    left = Snapshot(folder=tmp_path, hardware=origin.hardware, parent=str(origin.folder))
    shutil.copy(clone.disks["disk"], left.disks["disk"])
    replace(left, labels={"upgradeproof.cell": "x"}).write()
    with backend.start(spec(str(tmp_path), "successor")) as successor:
        assert successor.get("/srv/synced") == b"synced"
        assert signs(successor) == [Kind.READY]
