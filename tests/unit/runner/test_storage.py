"""Cached states stay within limits of size and age, and no state in use is removed."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.runner.fakes import FolderBackend
from tests.unit.runner.world import World, cell
from tests.unit.test_locks import make_old
from upgradeproof.errors import HarnessError, MachineError
from upgradeproof.machines import CachedSnapshot
from upgradeproof.results.model import CachedStates
from upgradeproof.runner.storage import DAY_S, GB, Limits, StateLocks, Storage

NOW = time.time()
NO_LIMITS = Limits(max_bytes=math.inf, max_age_s=math.inf, min_free_bytes=0)


class SnapshotsInMemory(FolderBackend):
    """A backend that has a list of snapshots instead of a folder."""

    def __init__(self) -> None:
        self.found: dict[str, CachedSnapshot] = {}
        self.refused: set[str] = set()
        self.disk_free_bytes = 10**12

    def add(self, key: str, *, size: int = 10, age_days: float = 0.0, parent: str = "") -> None:
        self.found[key] = CachedSnapshot(
            name=key, key=key, size_bytes=size, made_at=NOW - age_days * DAY_S, parent=parent
        )

    def snapshots(self) -> Sequence[CachedSnapshot]:
        return list(self.found.values())

    def forget(self, snapshot: CachedSnapshot) -> bool:
        if snapshot.key in self.refused:
            return False
        self.disk_free_bytes += self.found.pop(snapshot.key).size_bytes
        return True


@pytest.fixture
def backend() -> SnapshotsInMemory:
    """Return a backend with three states, the first one unused for the longest time."""
    backend = SnapshotsInMemory()
    for age, key in enumerate(("new", "middle", "old")):
        backend.add(key, age_days=age)
    return backend


def trimmed(
    cache: Path, *backends: SnapshotsInMemory, limits: Limits = NO_LIMITS
) -> tuple[str, ...]:
    return Storage(cache, backends, limits).trim()


def test_without_a_reason_nothing_is_removed(backend: SnapshotsInMemory, tmp_path: Path) -> None:
    assert trimmed(tmp_path, backend) == ()


def test_the_longest_unused_states_are_removed_until_the_rest_fits(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    assert trimmed(tmp_path, backend, limits=replace(NO_LIMITS, max_bytes=10)) == ("old", "middle")


def test_a_state_that_is_unused_for_too_long_is_removed(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    limits = replace(NO_LIMITS, max_age_s=1.5 * DAY_S)
    assert trimmed(tmp_path, backend, limits=limits) == ("old",)


def test_a_use_makes_a_state_the_newest(backend: SnapshotsInMemory, tmp_path: Path) -> None:
    with StateLocks(tmp_path / "uses").using("old"):
        pass
    limits = replace(NO_LIMITS, max_bytes=10)
    assert trimmed(tmp_path, backend, limits=limits) == ("middle", "new")


def test_a_state_in_use_is_not_removed_by_any_limit(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    with StateLocks(tmp_path / "uses").using("old"):
        assert trimmed(tmp_path, backend, limits=replace(NO_LIMITS, max_bytes=0)) == (
            "middle",
            "new",
        )
    assert trimmed(tmp_path, backend, limits=replace(NO_LIMITS, max_bytes=0)) == ("old",)


def test_a_state_in_use_by_another_process_is_not_removed(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    uses = StateLocks(tmp_path / "uses")
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if not child:  # the other process
        with uses.using("old"):
            os.write(ready[1], b"r")
            os.read(done[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    try:
        assert "old" not in trimmed(tmp_path, backend, limits=replace(NO_LIMITS, max_bytes=0))
    finally:
        os.write(done[1], b"d")
        os.waitpid(child, 0)


def test_the_parent_of_a_state_is_removed_after_it(tmp_path: Path) -> None:
    backend = SnapshotsInMemory()
    backend.add("installed", age_days=9)
    backend.add("upgraded", age_days=1, parent="installed")
    limits = replace(NO_LIMITS, max_bytes=10)
    assert trimmed(tmp_path, backend, limits=limits) == ("upgraded",)
    assert trimmed(tmp_path, backend, limits=replace(limits, max_bytes=0)) == ("installed",)


def test_states_are_removed_while_the_disk_is_nearly_full(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    backend.disk_free_bytes = 85
    assert trimmed(tmp_path, backend, limits=replace(NO_LIMITS, min_free_bytes=100)) == (
        "old",
        "middle",
    )


def test_other_states_are_removed_if_a_backend_refuses_one(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    backend.refused = {"old"}
    limits = replace(NO_LIMITS, max_bytes=0)
    assert trimmed(tmp_path, backend, limits=limits) == ("middle", "new")
    assert not (tmp_path / "uses" / "old").exists(), "it would count as used just now"


def test_a_state_whose_removal_fails_counts_not_as_used(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    def fail() -> bool:
        raise MachineError("the engine is gone")

    uses = StateLocks(tmp_path / "uses")
    with pytest.raises(MachineError):
        uses.remove("old", fail)
    assert uses.last_use(backend.found["old"]) == backend.found["old"].made_at


def test_old_locks_are_removed_with_the_states(backend: SnapshotsInMemory, tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    make_old(tmp_path / "locks" / "run1.cell.lock")
    (tmp_path / "locks" / "run2.cell.lock").touch()
    trimmed(tmp_path, backend)
    assert [path.name for path in (tmp_path / "locks").iterdir()] == ["run2.cell.lock"]


def test_the_limit_applies_to_the_sum_of_all_backends(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    other = SnapshotsInMemory()
    other.add("vm", size=25)
    assert trimmed(tmp_path, backend, other, limits=replace(NO_LIMITS, max_bytes=45)) == ("old",)


def test_the_longest_unused_of_all_backends_is_removed_first(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    """A cache that old VMs filled must not push out what a container's run has just saved."""
    vms = SnapshotsInMemory()
    vms.add("old vm", size=100, age_days=9)
    limits = replace(NO_LIMITS, max_bytes=100)
    assert trimmed(tmp_path, backend, vms, limits=limits) == ("old vm",)


def test_a_full_disk_is_freed_by_the_states_that_are_on_it(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    full = SnapshotsInMemory()
    full.add("vm")
    full.disk_free_bytes = 0
    limits = replace(NO_LIMITS, min_free_bytes=5)
    assert trimmed(tmp_path, backend, full, limits=limits) == ("vm",)


def test_the_facts_of_a_state_are_removed_with_it(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    (tmp_path / "states" / "old").mkdir(parents=True)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "old.json").touch()
    trimmed(tmp_path, backend, limits=replace(NO_LIMITS, max_bytes=20))
    assert [path.name for path in tmp_path.rglob("old*")] == []


def test_facts_without_a_snapshot_are_removed_when_they_are_too_old(
    backend: SnapshotsInMemory, tmp_path: Path
) -> None:
    long_ago = NOW - 3 * DAY_S
    for name in ("left", "held", "fresh"):
        (tmp_path / "states" / name).mkdir(parents=True)
        if name != "fresh":
            os.utime(tmp_path / "states" / name, (long_ago, long_ago))
    with StateLocks(tmp_path / "uses").using("held"):
        trimmed(tmp_path, backend, limits=replace(NO_LIMITS, max_age_s=2.5 * DAY_S))
    assert {path.name for path in (tmp_path / "states").iterdir()} == {"held", "fresh"}


def test_the_sum_of_all_states_is_measured(backend: SnapshotsInMemory, tmp_path: Path) -> None:
    assert Storage(tmp_path, [backend], NO_LIMITS).measure() == CachedStates(
        count=3, size_bytes=30, max_bytes=None
    )


def test_limits_have_defaults_and_are_set_by_the_environment(tmp_path: Path) -> None:
    default = Limits.of(tmp_path / "not" / "there", {})
    assert default.max_bytes == min(20 * GB, 0.1 * shutil.disk_usage(tmp_path).total)
    assert default.age == "each for 30 days after its last use"
    chosen = {"UPGRADEPROOF_STATES_MAX_GB": "0.5", "UPGRADEPROOF_STATES_MAX_AGE_DAYS": "inf"}
    limits = Limits.of(tmp_path, chosen)
    assert (limits.max_bytes, limits.age) == (0.5 * GB, "without a limit of age")


@pytest.mark.parametrize("wrong", ["a lot", "-1", "nan"])
def test_a_limit_that_is_no_number_is_a_clear_error(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(HarnessError) as caught:
        Limits.of(tmp_path, {"UPGRADEPROOF_STATES_MAX_AGE_DAYS": wrong})
    assert str(caught.value) == (
        f"UPGRADEPROOF_STATES_MAX_AGE_DAYS is {wrong!r}, which is not a number of 0 or more\n"
        "To do: set it to a number, to inf for no limit, or unset it for 30"
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        yield world


def test_a_run_removes_unused_states_and_keeps_those_that_it_uses(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPGRADEPROOF_STATES_MAX_GB", "0")
    with world.runner() as runner:
        runner.reach("upgraded")
    assert not [line for line in world.log if line.startswith("forget")]
    with world.runner(cell(upgrade="echo 2.1 >packages/thing")) as other:
        other.reach("upgraded")
    (forgotten,) = [line for line in world.log if line.startswith("forget")]
    assert forgotten.removeprefix("forget ") in {
        state.key for state in world.result(1).states if state.name == "upgraded"
    }


def test_a_reused_state_is_locked_until_the_runner_ends(world: World) -> None:
    with world.runner() as first:
        first.reach("upgraded")
    storage = Storage(world.folder / "cache", [world.backend], replace(NO_LIMITS, max_bytes=0))
    with world.runner() as again:
        again.reach("upgraded")
        assert storage.trim() == ()
    assert len(storage.trim()) == 2
