"""The QEMU backend: a VM boots by its own boot loader, and its clones go on where it was kept."""

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
from tests.machines.starting import told
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
    """A running Debian 12, booted once for all tests; nobody changes it before its snapshot."""
    with backend.start(spec(vms.image, "debian", 8000)) as machine:
        machine.put(b"then", "/srv/moment")
        told(machine, f"systemd-run -q --unit=serve perl -e '{SERVE}'")
        told(machine, "until grep -q ':1F40 ' /proc/net/tcp; do :; done")
        yield machine


@pytest.fixture(scope="module")
def kept(vms: Vms, debian: QemuMachine) -> str:
    """The snapshot of the running machine, memory and all, when its kernel has just drawn new
    random numbers and would not again for long: the worst moment for its clones."""
    told(debian, "perl -e 'open F, q(>), q(/dev/urandom); ioctl(F, 0x5207, 0) or die $!'")
    return vms.keep(debian)


@pytest.fixture
def clone(kept: str, backend: QemuBackend) -> Iterator[QemuMachine]:
    """A machine of a test's own."""
    with backend.start(spec(kept, "clone")) as machine:
        yield machine


def test_a_vm_boots_by_its_own_boot_loader(debian: QemuMachine) -> None:
    assert told(debian, "cat /proc/cmdline").startswith("BOOT_IMAGE=/boot/vmlinuz-")
    assert told(debian, "cat /proc/1/comm; systemctl is-system-running") == "systemd\nrunning"
    assert (debian.fidelity.kernel, debian.fidelity.boot) == ("own", "own")
    assert debian.fidelity.execution in ("tcg", "kvm")


def test_a_vm_is_no_container(debian: QemuMachine) -> None:
    assert told(debian, "systemd-detect-virt --container || true") == "none"
    assert told(debian, "systemd-detect-virt --vm") in ("qemu", "kvm")
    assert told(debian, "findmnt -no SOURCE,FSTYPE /") == "/dev/vda3 ext4"


@pytest.mark.parametrize(
    "content", [b"", bytes(range(256)) * 3 + b"\n\n", os.urandom(3_000_000)], ids=len
)
def test_a_file_comes_back_as_it_was_put(debian: QemuMachine, content: bytes) -> None:
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


def test_a_snapshot_is_found_by_its_key(kept: str, backend: QemuBackend) -> None:
    assert backend.find_snapshot("kept") == kept
    assert backend.find_snapshot("none") is None


def test_two_clones_go_on_without_a_boot_and_know_nothing_of_each_other(
    debian: QemuMachine, kept: str, backend: QemuBackend
) -> None:
    a_starts: AbstractContextManager[QemuMachine] = backend.start(spec(kept, "a", 8000))
    with a_starts as a, backend.start(spec(kept, "b")) as b:
        random = "head -c 16 /dev/urandom | od -An -tx1"
        assert told(a, random) != told(b, random)
        assert signs(a) == signs(b) == []
        assert boot_id(a) == boot_id(b) == boot_id(debian)
        now = time.time()
        assert [abs(float(told(m, "date +%s.%N")) - now) < 2 for m in (a, b)] == [True, True]
        for machine in (a, b, debian):
            machine.put(machine.name.encode(), "/srv/moment")
        assert [m.get("/srv/moment") for m in (debian, a, b)] == [b"debian", b"a", b"b"]
        assert told(a, "systemctl is-active serve") == "active"
        with urllib.request.urlopen(f"http://127.0.0.1:{a.published(8000)}/", timeout=30) as answer:
            assert answer.read() == b"hello"


def test_a_clone_begins_where_its_snapshot_was_taken(clone: QemuMachine) -> None:
    assert clone.get("/srv/moment") == b"then"


def test_a_snapshot_of_a_busy_clone_wakes_up_with_the_right_time(
    clone: QemuMachine, backend: QemuBackend
) -> None:
    told(clone, "for i in 1 2 3; do systemd-run -q sh -c 'while :; do :; done'; done")
    clone.put(b"second", "/srv/second")
    second = backend.snapshot(clone, "second", {"upgradeproof.cell": "x"})
    clone.put(b"later", "/srv/second")
    with backend.start(spec(second, "heir")) as heir:
        assert heir.get("/srv/second") == b"second"
        assert abs(float(told(heir, "date +%s.%N")) - time.time()) < 2
        assert signs(heir) == []


def test_the_channel_needs_no_network(clone: QemuMachine) -> None:
    told(clone, "systemctl stop systemd-networkd.socket systemd-networkd; ip link set enp0s3 down")
    assert told(clone, "networkctl 2>&1 | grep -c running || true; ip -br link").startswith("0\n")


def test_the_channel_comes_back_with_its_agent(clone: QemuMachine) -> None:
    with pytest.raises(MachineError, match="died under a command"):
        clone.run("systemctl kill -s KILL upgradeproof-agent; sleep 20")
    assert told(clone, "echo again") == "again"
    assert told(clone, "systemctl is-active upgradeproof-agent") == "active"


def test_a_time_out_ends_what_the_command_started(clone: QemuMachine) -> None:
    script = "sleep 4711 & sh -c 'trap \"\" TERM; sleep 4712' & echo 'Continue? [y/N] '; wait"
    with pytest.raises(CommandTimeoutError) as error:
        clone.run(script, timeout_s=2)
    assert error.value.details == "Continue? [y/N]"
    assert told(clone, "ps -eo args | grep -c '[s]leep 471' || true") == "0"


def test_a_reboot_is_another_boot_of_the_same_disk(clone: QemuMachine) -> None:
    clone.put(b"kept", "/srv/kept")
    before = boot_id(clone)
    clone.reboot(timeout_s=240)
    assert boot_id(clone) != before
    assert clone.get("/srv/kept") == b"kept"
    assert told(clone, "ls /run/systemd/transient || true") == ""
    assert signs(clone) == [Kind.RESET, Kind.READY]


def test_a_power_cut_loses_nothing_that_was_synced(clone: QemuMachine) -> None:
    clone.put(b"synced", "/srv/synced")
    told(clone, "sync; head -c 1000000 /dev/zero >/srv/lost")
    clone.power_cut(timeout_s=240)
    assert clone.get("/srv/synced") == b"synced"
    assert told(clone, "systemctl is-system-running") == "running"


def test_nothing_of_a_vm_is_left_when_it_ends(kept: str, backend: QemuBackend) -> None:
    threads, descriptors = _threads(), _descriptors()
    with backend.start(spec(kept, "gone")) as machine:
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
