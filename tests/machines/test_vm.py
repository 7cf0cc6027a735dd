"""The QEMU backend: a VM boots by its own boot loader, and its clones resume its snapshot."""

from __future__ import annotations

import os
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.machines.projects import wait_until
from tests.machines.starting import output_of
from tests.machines.vms import Vms, boot_id, is_there, signs, spec, vms
from upgradeproof.errors import CommandTimeoutError, MachineError
from upgradeproof.machines.qemu import QemuBackend
from upgradeproof.machines.qemu.life import Kind
from upgradeproof.machines.qemu.machine import QemuMachine

__all__ = ["vms"]

SERVE = (
    "use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => 8000, Listen => 5);"
    "while ($c = $s->accept)"
    ' { sysread $c, $_, 9999; print $c "HTTP/1.0 200 OK\\r\\n\\r\\nhello"; close $c }'
)


@pytest.fixture(scope="module")
def backend(vms: Vms) -> Iterator[QemuBackend]:
    with vms.cache() as found:
        yield found


@pytest.fixture(scope="module")
def debian(vms: Vms, backend: QemuBackend) -> Iterator[QemuMachine]:
    """A running Debian 12, booted once for all tests; no test changes it before its snapshot."""
    with backend.start(spec(vms.image, "debian", 8000)) as machine:
        machine.put(b"then", "/srv/moment")
        output_of(machine, f"systemd-run -q --unit=serve perl -e '{SERVE}'")
        output_of(machine, "until grep -q ':1F40 ' /proc/net/tcp; do :; done")
        yield machine


@pytest.fixture(scope="module")
def snapshot(vms: Vms, debian: QemuMachine) -> str:
    """The snapshot of the running machine with its memory, just after its kernel has reseeded
    its random numbers, so that clones share the seed unless the engine changes it."""
    output_of(debian, "perl -e 'open F, q(>), q(/dev/urandom); ioctl(F, 0x5207, 0) or die $!'")
    return vms.save(debian)


@pytest.fixture
def clone(snapshot: str, backend: QemuBackend) -> Iterator[QemuMachine]:
    """A separate machine for one test."""
    with backend.start(spec(snapshot, "clone")) as machine:
        yield machine


def test_a_vm_boots_by_its_own_boot_loader(debian: QemuMachine) -> None:
    assert output_of(debian, "cat /proc/cmdline").startswith("BOOT_IMAGE=/boot/vmlinuz-")
    assert output_of(debian, "cat /proc/1/comm; systemctl is-system-running") == "systemd\nrunning"
    assert (debian.fidelity.kernel, debian.fidelity.boot) == ("own", "own")
    assert debian.fidelity.execution in ("tcg", "kvm")


def test_a_vm_is_no_container(debian: QemuMachine) -> None:
    assert output_of(debian, "systemd-detect-virt --container || true") == "none"
    assert output_of(debian, "systemd-detect-virt --vm") in ("qemu", "kvm")
    assert output_of(debian, "findmnt -no SOURCE,FSTYPE /") == "/dev/vda3 ext4"


@pytest.mark.parametrize(
    "content", [b"", bytes(range(256)) * 3 + b"\n\n", os.urandom(3_000_000)], ids=len
)
def test_a_file_is_read_as_it_was_written(debian: QemuMachine, content: bytes) -> None:
    debian.put(content, "/run/it's a file")
    assert debian.get("/run/it's a file") == content


def test_testinfra_reads_a_vm(debian: QemuMachine) -> None:
    assert debian.host.package("grub-pc").is_installed
    assert debian.host.system_info.codename == "bookworm"
    assert debian.host.socket("tcp://0.0.0.0:8000").is_listening


def test_a_published_port_answers(debian: QemuMachine) -> None:
    with urllib.request.urlopen(
        f"http://127.0.0.1:{debian.published(8000)}/", timeout=30
    ) as answer:
        assert answer.read() == b"hello"
    with pytest.raises(MachineError) as refused:
        debian.published(8001)
    assert str(refused.value) == (
        "port 8001 of debian is not published\n"
        "To do: name it in the plan as the port of an endpoint"
    )


def test_the_console_is_in_the_logs(debian: QemuMachine) -> None:
    assert "GNU GRUB" in debian.logs()
    assert "Linux version 6." in debian.logs()
    assert "Multi-User System" in debian.logs()


def test_a_snapshot_is_found_by_its_key(snapshot: str, backend: QemuBackend) -> None:
    assert backend.find_snapshot("saved") == snapshot
    assert backend.find_snapshot("none") is None


def test_two_clones_resume_without_a_boot_and_are_independent(
    debian: QemuMachine, snapshot: str, backend: QemuBackend
) -> None:
    a_starts: AbstractContextManager[QemuMachine] = backend.start(spec(snapshot, "a", 8000))
    with a_starts as a, backend.start(spec(snapshot, "b")) as b:
        random = "head -c 16 /dev/urandom | od -An -tx1"
        assert output_of(a, random) != output_of(b, random)
        assert signs(a) == signs(b) == []
        assert boot_id(a) == boot_id(b) == boot_id(debian)
        now = time.time()
        assert [abs(float(output_of(m, "date +%s.%N")) - now) < 2 for m in (a, b)] == [True, True]
        for machine in (a, b, debian):
            machine.put(machine.name.encode(), "/srv/moment")
        assert [m.get("/srv/moment") for m in (debian, a, b)] == [b"debian", b"a", b"b"]
        assert output_of(a, "systemctl is-active serve") == "active"
        with urllib.request.urlopen(f"http://127.0.0.1:{a.published(8000)}/", timeout=30) as answer:
            assert answer.read() == b"hello"


def test_a_clone_begins_where_its_snapshot_was_taken(clone: QemuMachine) -> None:
    assert clone.get("/srv/moment") == b"then"


def test_a_snapshot_of_a_busy_clone_resumes_with_the_right_time(
    clone: QemuMachine, backend: QemuBackend
) -> None:
    output_of(clone, "for i in 1 2 3; do systemd-run -q sh -c 'while :; do :; done'; done")
    clone.put(b"second", "/srv/second")
    second = backend.snapshot(clone, "second", {"upgradeproof.cell": "x"})
    clone.put(b"later", "/srv/second")
    with backend.start(spec(second, "successor")) as successor:
        assert successor.get("/srv/second") == b"second"
        began = time.time()
        now = float(output_of(successor, "date +%s.%N"))
        assert began - 2 < now < time.time() + 2
        assert signs(successor) == []


def test_the_channel_needs_no_network(clone: QemuMachine) -> None:
    output_of(
        clone, "systemctl stop systemd-networkd.socket systemd-networkd; ip link set enp0s3 down"
    )
    assert output_of(clone, "networkctl 2>&1 | grep -c running || true; ip -br link").startswith(
        "0\n"
    )


def test_the_channel_works_again_after_a_restart_of_its_agent(clone: QemuMachine) -> None:
    with pytest.raises(MachineError, match="died under a command"):
        clone.run("systemctl kill -s KILL upgradeproof-agent; sleep 20")
    assert output_of(clone, "echo again") == "again"
    assert output_of(clone, "systemctl is-active upgradeproof-agent") == "active"


def test_a_time_out_ends_what_the_command_started(clone: QemuMachine) -> None:
    script = "sleep 4711 & sh -c 'trap \"\" TERM; sleep 4712' & echo 'Continue? [y/N] '; wait"
    with pytest.raises(CommandTimeoutError) as error:
        clone.run(script, timeout_s=2)
    assert error.value.details == "Continue? [y/N]"
    assert output_of(clone, "ps -eo args | grep -c '[s]leep 471' || true") == "0"


def test_a_reboot_is_another_boot_of_the_same_disk(clone: QemuMachine) -> None:
    clone.put(b"before", "/srv/before")
    before = boot_id(clone)
    clone.reboot(timeout_s=240)
    assert boot_id(clone) != before
    assert clone.get("/srv/before") == b"before"
    assert output_of(clone, "ls /run/systemd/transient || true") == ""
    assert signs(clone) == [Kind.RESET, Kind.READY]


def test_a_power_cut_loses_nothing_that_was_synced(clone: QemuMachine) -> None:
    clone.put(b"synced", "/srv/synced")
    output_of(clone, "sync; head -c 1000000 /dev/zero >/srv/lost")
    clone.power_cut(timeout_s=240)
    assert clone.get("/srv/synced") == b"synced"
    assert output_of(clone, "systemctl is-system-running") == "running"


def test_nothing_of_a_vm_is_left_when_it_ends(snapshot: str, backend: QemuBackend) -> None:
    threads, descriptors = _threads(), _descriptors()
    with backend.start(spec(snapshot, "gone")) as machine:
        pid = machine.process.pid
        assert (backend.folder / "machines" / "gone").is_dir()
    assert not is_there(pid)
    assert not (backend.folder / "machines" / "gone").exists()
    wait_until("its threads have ended", lambda: _threads() == threads, timeout_s=5)
    assert _descriptors() == descriptors


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
