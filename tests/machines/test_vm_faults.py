"""Faults of this host, such as a full disk or a killed process: one clear error, no leftovers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.machines.projects import ROOT, wait_until
from tests.machines.starting import output_of
from tests.machines.vms import Vms, is_there, spec, vms
from upgradeproof.errors import BackendError, MachineError
from upgradeproof.machines.qemu import QemuBackend
from upgradeproof.machines.qemu.hardware import Hardware
from upgradeproof.machines.qemu.snapshots import Snapshot

__all__ = ["vms"]

PC = Hardware(architecture="amd64", firmware="bios", memory_mb=1024, processors=2)
DISK_FULL = (
    "the disk is nearly full: {} MB are left for VMs\n"
    "To do: free disk space: a VM needs 2000 MB; "
    "`upgradeproof prune --states` removes cached states"
)
OWNER = """
import sys, time
from upgradeproof.machines import MachineSpec
from upgradeproof.machines.qemu import BACKEND
with BACKEND.start(MachineSpec(snapshot=sys.argv[1], name=sys.argv[2], architecture="amd64")):
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def backend(vms: Vms) -> Iterator[QemuBackend]:
    with vms.cache() as found:
        yield found


@pytest.fixture
def fake(tmp_path: Path) -> Snapshot:
    """A snapshot that is complete except for its disk, which is no disk image."""
    snapshot = Snapshot(folder=tmp_path, hardware=PC)
    snapshot.disks["disk"].write_bytes(b"no disk at all" * 1000)
    snapshot.write()
    return snapshot


@contextmanager
def owner(snapshot: str, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that owns a VM; kill it if it still runs at the end."""
    argv = [sys.executable, "-c", OWNER, snapshot, name]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text(encoding="ascii").split()]


def is_up(process: subprocess.Popen[bytes]) -> int:
    """Wait until a process has its VM and return QEMU's process id."""
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    (pid,) = children(process.pid)
    return pid


def test_without_qemu_the_error_names_what_to_install(
    fake: Snapshot, backend: QemuBackend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    start = backend.start(spec(str(fake.folder), "none"))
    with pytest.raises(BackendError) as caught, start:
        pytest.fail("it started")
    assert str(caught.value) == (
        "qemu-system-x86_64 is not installed: no VM of amd64 can be started\n"
        "To do: `make setup` installs it; by hand: apt install qemu-system-x86 qemu-utils ovmf"
        " util-linux"
    )
    health = backend.health()
    assert (health.works, health.brief) == (False, "QEMU is not installed")


def test_a_memory_that_can_not_be_written_leaves_disks_that_later_states_are_based_on(
    vms: Vms, backend: QemuBackend, tmp_path: Path
) -> None:
    with backend.start(spec(str(vms.image), "full")) as machine:
        origin = machine.origin
        half = Snapshot(
            folder=tmp_path / "half",
            hardware=origin.hardware,
            parent=str(origin.folder),
            memory="of some QEMU",
        )
        half.folder.mkdir()
        (half.folder / "memory").symlink_to("/dev/full")
        with pytest.raises(MachineError, match=r"the memory of .* could not be written"):
            machine.freeze(half, memory=True)
        assert Snapshot.read(half.folder).memory == ""
        assert machine.run("echo after >/root/note; sync").ok
        later = backend.snapshot(machine, "later", {})
        assert Snapshot.read(Path(later)).parent == str(half.folder)
    with backend.start(spec(later, "again")) as machine:
        assert machine.run("cat /root/note").text == "after"


def test_an_image_that_was_cut_short_is_not_booted(
    vms: Vms, backend: QemuBackend, tmp_path: Path
) -> None:
    shutil.copytree(vms.image, tmp_path / "image")
    image = Snapshot(folder=tmp_path / "image", hardware=PC)
    image.write()
    whole = image.disks["disk"].stat().st_size
    os.truncate(image.disks["disk"], whole // 2)
    start = backend.start(spec(str(image.folder), "cut"))
    with pytest.raises(MachineError) as caught, start:
        pytest.fail("it started")
    assert str(caught.value) == (
        "the snapshot image is missing or damaged\n"
        f"ValueError: disk.qcow2 has {whole // 2} bytes instead of {whole}\n"
        f"To do: `upgradeproof prune --states`, or remove {image.folder}; then run again"
    )


def test_an_invalid_disk_is_reported_and_leaves_nothing(
    fake: Snapshot, backend: QemuBackend
) -> None:
    start = backend.start(spec(str(fake.folder), "none"))
    with pytest.raises(MachineError) as caught, start:
        pytest.fail("it started")
    assert caught.value.brief == f"no overlay can be made on {fake.folder.name}/disk.qcow2"
    assert not (backend.folder / "machines" / "none").exists()


def test_a_damaged_memory_is_reported_and_leaves_no_qemu(
    vms: Vms, backend: QemuBackend, tmp_path: Path
) -> None:
    whole = Path(vms.snapshot())
    for file in ("machine.json", "disk.qcow2"):
        (tmp_path / file).symlink_to(whole / file)
    (tmp_path / "memory").write_bytes(b"no memory at all" * 1000)
    start = backend.start(spec(str(tmp_path), "damaged"))
    before = children(os.getpid())  # for example a browser of other tests
    with pytest.raises(MachineError) as caught, start:
        pytest.fail("it started")
    assert caught.value.brief == "the memory of damaged could not be read"
    assert "Not a migration stream" in caught.value.details
    assert children(os.getpid()) == before
    assert not (backend.folder / "machines" / "damaged").exists()


@contextmanager
def small_cache(folder: Path, size: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Use a cache on a separate, small file system."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("a small file system can't be mounted here")
    monkeypatch.setenv("UPGRADEPROOF_CACHE", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_without_free_space_no_vm_is_started(
    fake: Snapshot, backend: QemuBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_cache(tmp_path / "small", "8m", monkeypatch):
        start = backend.start(spec(str(fake.folder), "none"))
        with pytest.raises(MachineError) as caught, start:
            pytest.fail("it started")
    assert str(caught.value) == DISK_FULL.format(8)


def test_a_full_disk_of_the_host_is_no_fault_of_the_product(
    vms: Vms, backend: QemuBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = vms.snapshot()
    with (
        small_cache(tmp_path / "small", "2200m", monkeypatch) as folder,
        backend.start(spec(snapshot, "full")) as machine,
    ):
        free = shutil.disk_usage(folder).free
        with (folder / "ballast").open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, free - 8_000_000)
        with pytest.raises(MachineError) as caught:
            machine.run("head -c 60000000 /dev/urandom >/srv/big; sync", timeout_s=60)
        with pytest.raises(MachineError) as refused:
            backend.snapshot(machine, "full", {})
    assert str(caught.value) == (
        "QEMU has stopped full: this host could not write its disk\n"
        "To do: is the disk full? free disk space; "
        "`upgradeproof prune --states` removes cached states"
    )
    assert refused.value.brief.startswith("the disk is nearly full: ")


def test_a_name_in_use_is_refused_and_its_machine_goes_on(vms: Vms, backend: QemuBackend) -> None:
    with backend.start(spec(vms.snapshot(), "one")) as machine:
        with (
            pytest.raises(MachineError) as caught,
            backend.start(spec(vms.snapshot(), "one")),
        ):
            pytest.fail("it started")
        assert str(caught.value) == "the name one is already in use"
        machine.put(b"x" * 100_000, "/srv/x")
        assert output_of(machine, "sync; wc -c </srv/x") == "100000"


@pytest.mark.parametrize("when", ["booting", "up"])
def test_ctrl_c_leaves_no_qemu_and_no_folder(vms: Vms, backend: QemuBackend, when: str) -> None:
    folder = backend.folder / "machines" / "interrupted"
    with owner(vms.image if when == "booting" else vms.snapshot(), "interrupted") as process:
        if when == "up":
            pid = is_up(process)
        else:
            wait_until("QEMU runs", (folder / "qemu.log").exists)
            wait_until("it is QEMU", lambda: len(children(process.pid)) == 1)
            (pid,) = children(process.pid)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert errors.splitlines()[-1] == b"KeyboardInterrupt"
    assert not is_there(pid)
    assert not folder.exists()


def test_a_killed_owners_qemu_ends_and_prune_removes_its_folder(
    vms: Vms, backend: QemuBackend
) -> None:
    folder = backend.folder / "machines" / "orphan"
    with owner(vms.snapshot(), "orphan") as process:
        pid = is_up(process)
        assert "vm orphan" not in backend.prune(states=False)
        process.kill()
        process.wait()
    wait_until("QEMU has ended", lambda: not is_there(pid), timeout_s=5)
    assert folder.exists()
    assert backend.prune(states=False) == ["vm orphan"]
    assert not folder.exists()


def test_the_name_of_a_killed_owners_vm_can_be_used_again(vms: Vms, backend: QemuBackend) -> None:
    with owner(vms.snapshot(), "successor") as process:
        is_up(process)
        with (
            pytest.raises(MachineError, match="already in use"),
            backend.start(spec(vms.snapshot(), "successor")),
        ):
            pytest.fail("it took the name of a machine whose owner lives")
    with backend.start(spec(vms.snapshot(), "successor")) as machine:
        assert output_of(machine, "echo alive") == "alive"
