"""The store of disks and memories: complete snapshots are found, those in use are not removed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from upgradeproof.errors import MachineError
from upgradeproof.machines import owner
from upgradeproof.machines.qemu.hardware import Hardware
from upgradeproof.machines.qemu.snapshots import Snapshot, SnapshotStore, free_bytes, overlay

PC = Hardware(architecture="amd64", firmware="bios", memory_mb=1024, processors=2)
ARM = Hardware(architecture="arm64", firmware="uefi", memory_mb=1024, processors=2)


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path)


@pytest.fixture
def dead() -> str:
    """Return the identity of an owner, a process that has ended."""
    boot, _, _ = owner.mine().split(":")
    ended = subprocess.Popen(["true"])
    ended.wait()
    return f"{boot}:{ended.pid}:1"


def write_snapshot(folder: Path, hardware: Hardware = PC, parent: str = "") -> Snapshot:
    """Write a complete snapshot into a folder."""
    made = Snapshot(folder=folder, hardware=hardware, parent=parent, labels={"a": "b"})
    folder.mkdir(parents=True, exist_ok=True)
    for disk in made.disks.values():
        disk.write_bytes(b"QFI\xfb")
    made.write()
    return made


def run_machine(cache: Path, name: str, origin: Path, owned_by: str) -> Path:
    folder = cache / "machines" / name
    folder.mkdir(parents=True)
    (folder / "owner").write_text(owned_by)
    (folder / "origin").write_text(str(origin))
    return folder


def test_a_snapshot_that_was_written_is_read(tmp_path: Path) -> None:
    snapshot = write_snapshot(tmp_path / "snapshot", ARM)
    assert Snapshot.read(snapshot.folder) == snapshot
    assert list(snapshot.disks) == ["disk", "variables"]
    assert list(write_snapshot(tmp_path / "pc").disks) == ["disk"]


@pytest.mark.parametrize(
    ("record", "details"),
    [
        (None, "FileNotFoundError: "),
        ("", "JSONDecodeError: "),
        ("{}", "KeyError: 'hardware'"),
        ('{"hardware": {}}', "TypeError: "),
        ('{"hardware": [1], "more": 1}', "TypeError: "),
    ],
)
def test_an_incomplete_record_is_an_error(tmp_path: Path, record: str | None, details: str) -> None:
    if record is not None:
        (tmp_path / "machine.json").write_text(record)
    with pytest.raises(MachineError) as caught:
        Snapshot.read(tmp_path)
    assert caught.value.brief == f"the snapshot {tmp_path.name} is missing or damaged"
    assert caught.value.details.startswith(details)
    assert caught.value.resolution == (
        f"`upgradeproof prune --states`, or remove {tmp_path}; then run again"
    )


def test_a_truncated_disk_is_an_error(tmp_path: Path) -> None:
    snapshot = write_snapshot(tmp_path)
    snapshot.disks["disk"].write_bytes(b"QF")
    with pytest.raises(MachineError) as caught:
        Snapshot.read(tmp_path)
    assert caught.value.details == "ValueError: disk.qcow2 has 2 bytes instead of 4"


def test_an_old_record_without_sizes_is_read(tmp_path: Path) -> None:
    snapshot = write_snapshot(tmp_path)
    plain = json.loads((tmp_path / "machine.json").read_text())
    del plain["sizes"]
    (tmp_path / "machine.json").write_text(json.dumps(plain))
    assert Snapshot.read(tmp_path) == snapshot


def test_the_parent_of_a_snapshot_is_verified(tmp_path: Path) -> None:
    image = write_snapshot(tmp_path / "image")
    snapshot = write_snapshot(tmp_path / "snapshot", parent=str(image.folder))
    image.disks["disk"].unlink()
    with pytest.raises(MachineError, match="the snapshot image is missing or damaged"):
        Snapshot.read(snapshot.folder)


def test_an_incomplete_snapshot_is_not_found(store: SnapshotStore) -> None:
    store.new("key")
    assert store.find("key") is None


def test_the_newest_complete_snapshot_of_a_key_is_found(store: SnapshotStore) -> None:
    folders = [write_snapshot(store.new("key")).folder for _ in range(3)]
    write_snapshot(store.new("keys"))
    for age, folder in zip((30, 10, 20), folders, strict=True):
        os.utime(folder / "machine.json", (1e9 - age, 1e9 - age))
    found = store.find("key")
    assert found is not None
    assert found.folder == folders[1]
    (folders[1] / "disk.qcow2").unlink()
    found = store.find("key")
    assert found is not None
    assert found.folder == folders[2], "the newest is damaged"


def test_a_machine_has_a_folder_while_it_runs(store: SnapshotStore) -> None:
    with store.machine("box") as folder:
        assert (folder / "owner").read_text() == owner.mine()
        (folder / "disk.qcow2").write_bytes(b"x")
    assert not folder.exists()


def test_a_name_in_use_is_an_error_and_its_folder_is_unchanged(store: SnapshotStore) -> None:
    with store.machine("box") as folder:
        (folder / "disk.qcow2").write_bytes(b"x")
        with pytest.raises(MachineError) as caught, store.machine("box"):
            pytest.fail("the folder of a running machine was used")
        assert str(caught.value) == "the name box is already in use"
        assert (folder / "disk.qcow2").exists()


def test_the_name_of_a_killed_worker_is_free_again(
    store: SnapshotStore, tmp_path: Path, dead: str
) -> None:
    left = run_machine(tmp_path, "box", tmp_path, dead)
    (left / "disk.qcow2").write_bytes(b"old")
    with store.machine("box") as folder:
        assert folder == left
        assert not (folder / "disk.qcow2").exists()


def test_only_the_folders_of_machines_and_states_remain(
    store: SnapshotStore, tmp_path: Path
) -> None:
    store.new("key")
    with store.machine("box"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["machines", "states"]


def test_prune_removes_only_machines_whose_owner_has_ended(
    store: SnapshotStore, tmp_path: Path, dead: str
) -> None:
    for name, owned_by in (("lives", owner.mine()), ("died", dead), ("unknown", "")):
        run_machine(tmp_path, name, tmp_path, owned_by)
    assert list(store.prune(states=False)) == ["vm died", "vm unknown"]
    assert [path.name for path in (tmp_path / "machines").iterdir()] == ["lives"]


def test_prune_removes_incomplete_snapshots_whose_owner_has_ended(
    store: SnapshotStore, dead: str
) -> None:
    incomplete, complete = store.new("incomplete"), write_snapshot(store.new("complete")).folder
    assert list(store.prune(states=False)) == []
    for folder in (incomplete, complete):
        (folder / "owner").write_text(dead)
    assert list(store.prune(states=False)) == [f"state {incomplete.name}"]
    assert complete.exists()


def test_prune_of_states_leaves_the_snapshots_of_a_running_machine(
    store: SnapshotStore, tmp_path: Path, dead: str
) -> None:
    first = write_snapshot(store.new("first"))
    second = write_snapshot(store.new("second"), parent=str(first.folder))
    other = write_snapshot(store.new("other"), parent=str(first.folder))
    run_machine(tmp_path, "lives", second.folder, owner.mine())
    run_machine(tmp_path, "died", other.folder, dead)
    assert list(store.prune(states=True)) == ["vm died", f"state {other.folder.name}"]
    assert first.folder.exists()
    assert second.folder.exists()


def test_prune_of_an_empty_store_removes_nothing(store: SnapshotStore) -> None:
    assert list(store.prune(states=True)) == []


def test_an_overlay_on_an_invalid_disk_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    disk = tmp_path / "image" / "disk.qcow2"
    disk.write_bytes(b"no disk at all")
    with pytest.raises(MachineError) as caught:
        overlay(disk, tmp_path / "overlay.qcow2")
    assert caught.value.brief == "no overlay can be made on image/disk.qcow2"
    assert "not in qcow2 format" in caught.value.details


def test_free_space_is_measured_where_the_cache_will_be(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet") > 0
    (tmp_path / "file").touch()
    with pytest.raises(MachineError, match="the cache for VMs can't be used"):
        free_bytes(tmp_path / "file" / "vm")
