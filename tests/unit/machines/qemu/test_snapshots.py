"""The shelf of disks and memories: what is whole is found, what is in use stays."""

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
def shelf(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path)


@pytest.fixture
def dead() -> str:
    """Who has owned something, and is no more."""
    boot, _, _ = owner.mine().split(":")
    ended = subprocess.Popen(["true"])
    ended.wait()
    return f"{boot}:{ended.pid}:1"


def keep(folder: Path, hardware: Hardware = PC, parent: str = "") -> Snapshot:
    """Make a folder whole."""
    made = Snapshot(folder=folder, hardware=hardware, parent=parent, labels={"a": "b"})
    folder.mkdir(parents=True, exist_ok=True)
    for disk in made.disks.values():
        disk.write_bytes(b"QFI\xfb")
    made.write()
    return made


def run_machine(cache: Path, name: str, origin: Path, who: str) -> Path:
    folder = cache / "machines" / name
    folder.mkdir(parents=True)
    (folder / "owner").write_text(who)
    (folder / "origin").write_text(str(origin))
    return folder


def test_what_was_written_is_read(tmp_path: Path) -> None:
    kept = keep(tmp_path / "kept", ARM)
    assert Snapshot.read(kept.folder) == kept
    assert list(kept.disks) == ["disk", "variables"]
    assert list(keep(tmp_path / "pc").disks) == ["disk"]


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
def test_a_record_that_is_not_whole_is_said(
    tmp_path: Path, record: str | None, details: str
) -> None:
    if record is not None:
        (tmp_path / "machine.json").write_text(record)
    with pytest.raises(MachineError) as caught:
        Snapshot.read(tmp_path)
    assert caught.value.brief == f"the snapshot {tmp_path.name} is missing or damaged"
    assert caught.value.details.startswith(details)
    assert caught.value.resolution == (
        f"`upgradeproof prune --states`, or remove {tmp_path}; then run again"
    )


def test_a_disk_that_was_cut_short_is_said(tmp_path: Path) -> None:
    kept = keep(tmp_path)
    kept.disks["disk"].write_bytes(b"QF")
    with pytest.raises(MachineError) as caught:
        Snapshot.read(tmp_path)
    assert caught.value.details == "ValueError: disk.qcow2 has 2 bytes instead of 4"


def test_a_record_of_before_sizes_were_kept_is_read(tmp_path: Path) -> None:
    kept = keep(tmp_path)
    plain = json.loads((tmp_path / "machine.json").read_text())
    del plain["sizes"]
    (tmp_path / "machine.json").write_text(json.dumps(plain))
    assert Snapshot.read(tmp_path) == kept


def test_what_a_snapshot_rests_on_is_looked_at(tmp_path: Path) -> None:
    image = keep(tmp_path / "image")
    kept = keep(tmp_path / "kept", parent=str(image.folder))
    image.disks["disk"].unlink()
    with pytest.raises(MachineError, match="the snapshot image is missing or damaged"):
        Snapshot.read(kept.folder)


def test_a_half_snapshot_is_not_found(shelf: SnapshotStore) -> None:
    shelf.new("key")
    assert shelf.find("key") is None


def test_the_newest_whole_snapshot_of_a_key_is_found(shelf: SnapshotStore) -> None:
    folders = [keep(shelf.new("key")).folder for _ in range(3)]
    keep(shelf.new("keys"))
    for age, folder in zip((30, 10, 20), folders, strict=True):
        os.utime(folder / "machine.json", (1e9 - age, 1e9 - age))
    found = shelf.find("key")
    assert found is not None
    assert found.folder == folders[1]
    (folders[1] / "disk.qcow2").unlink()
    found = shelf.find("key")
    assert found is not None
    assert found.folder == folders[2], "the newest is damaged"


def test_a_machine_has_a_folder_of_ours_while_it_runs(shelf: SnapshotStore) -> None:
    with shelf.machine("box") as folder:
        assert (folder / "owner").read_text() == owner.mine()
        (folder / "disk.qcow2").write_bytes(b"x")
    assert not folder.exists()


def test_a_name_in_use_is_refused_and_its_folder_left_alone(shelf: SnapshotStore) -> None:
    with shelf.machine("box") as folder:
        (folder / "disk.qcow2").write_bytes(b"x")
        with pytest.raises(MachineError) as caught, shelf.machine("box"):
            pytest.fail("it took the folder of a machine that runs")
        assert str(caught.value) == "the name box is already in use"
        assert (folder / "disk.qcow2").exists()


def test_a_killed_workers_name_goes_to_its_successor(
    shelf: SnapshotStore, tmp_path: Path, dead: str
) -> None:
    left = run_machine(tmp_path, "box", tmp_path, dead)
    (left / "disk.qcow2").write_bytes(b"old")
    with shelf.machine("box") as folder:
        assert folder == left
        assert not (folder / "disk.qcow2").exists()


def test_making_a_folder_leaves_nothing_else(shelf: SnapshotStore, tmp_path: Path) -> None:
    shelf.new("key")
    with shelf.machine("box"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["machines", "states"]


def test_prune_removes_dead_owners_machines_and_no_others(
    shelf: SnapshotStore, tmp_path: Path, dead: str
) -> None:
    for name, who in (("lives", owner.mine()), ("died", dead), ("unknown", "")):
        run_machine(tmp_path, name, tmp_path, who)
    assert list(shelf.prune(states=False)) == ["vm died", "vm unknown"]
    assert [path.name for path in (tmp_path / "machines").iterdir()] == ["lives"]


def test_prune_removes_half_snapshots_whose_maker_died(shelf: SnapshotStore, dead: str) -> None:
    half, whole = shelf.new("half"), keep(shelf.new("whole")).folder
    assert list(shelf.prune(states=False)) == []
    for folder in (half, whole):
        (folder / "owner").write_text(dead)
    assert list(shelf.prune(states=False)) == [f"state {half.name}"]
    assert whole.exists()


def test_prune_of_states_leaves_what_a_running_machine_rests_on(
    shelf: SnapshotStore, tmp_path: Path, dead: str
) -> None:
    first = keep(shelf.new("first"))
    second = keep(shelf.new("second"), parent=str(first.folder))
    other = keep(shelf.new("other"), parent=str(first.folder))
    run_machine(tmp_path, "lives", second.folder, owner.mine())
    run_machine(tmp_path, "died", other.folder, dead)
    assert list(shelf.prune(states=True)) == ["vm died", f"state {other.folder.name}"]
    assert first.folder.exists()
    assert second.folder.exists()


def test_prune_of_nothing_is_nothing(shelf: SnapshotStore) -> None:
    assert list(shelf.prune(states=True)) == []


def test_an_overlay_on_no_disk_is_said(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    disk = tmp_path / "image" / "disk.qcow2"
    disk.write_bytes(b"no disk at all")
    with pytest.raises(MachineError) as caught:
        overlay(disk, tmp_path / "overlay.qcow2")
    assert caught.value.brief == "no overlay can be made on image/disk.qcow2"
    assert "not in qcow2 format" in caught.value.details


def test_room_is_asked_for_where_the_cache_will_be(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet") > 0
    (tmp_path / "file").touch()
    with pytest.raises(MachineError, match="the cache for VMs can't be used"):
        free_bytes(tmp_path / "file" / "vm")
