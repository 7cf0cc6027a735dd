"""After an expensive step a checkpoint is saved, so that only the later steps are repeated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.unit.runner.fakes import FolderBackend
from tests.unit.runner.world import UPGRADE, World, cell
from upgradeproof.home import Home
from upgradeproof.probes.packages import Packages
from upgradeproof.results import Journal
from upgradeproof.runner.checkpoints import Checkpoints

EXPENSIVE = {"step": "run", "script": f"{UPGRADE}; echo once >>expensive", "title": "expensive"}
THEN = {"step": "run", "script": "echo then >>later", "title": "then"}
OTHER = {"step": "run", "script": "echo other >>later; echo 2.1 >packages/thing", "title": "other"}


def world_of_vms(folder: Path) -> World:
    world = World(folder)
    world.backend = FolderBackend(folder / "backend", kernel="own")
    return world


def reach(
    world: World, *steps: dict[str, str], fresh: bool = False, checkpoint_after_s: float = 0.0
) -> str:
    """Reach ``upgraded`` in another run; return the installed version."""
    with world.runner(
        cell(upgrade=list(steps)), fresh=fresh, checkpoint_after_s=checkpoint_after_s
    ) as runner:
        return runner.reach("upgraded")[Packages]["thing"].version


def test_another_later_step_starts_from_the_checkpoint(tmp_path: Path) -> None:
    with world_of_vms(tmp_path) as world:
        assert reach(world, EXPENSIVE, THEN) == "2.0"
        before = len(world.log)
        assert reach(world, EXPENSIVE, OTHER) == "2.1"
        assert world.log[before:] == ["start main from snapshot", "keep upgraded", "end main"]


def test_the_steps_before_the_checkpoint_are_recorded_with_their_transcripts(
    tmp_path: Path,
) -> None:
    with world_of_vms(tmp_path) as world:
        reach(world, EXPENSIVE, THEN)
        first = world.state("upgraded")
        (world.folder / "reports" / first.steps[0].transcript).unlink()
        reach(world, EXPENSIVE, OTHER)
        state = world.state("upgraded")
        assert [step.title for step in state.steps] == ["expensive", "other"]
        assert all((world.folder / "reports" / step.transcript).exists() for step in state.steps)
        assert len({step.transcript for step in state.steps}) == 2


def test_another_earlier_step_repeats_all_steps(tmp_path: Path) -> None:
    with world_of_vms(tmp_path) as world:
        reach(world, EXPENSIVE, THEN)
        before = len(world.log)
        reach(world, {**EXPENSIVE, "script": f"{UPGRADE}; echo twice >>expensive"}, THEN)
        assert "keep checkpoint" in world.log[before:]


def test_a_change_of_the_code_invalidates_a_checkpoint(tmp_path: Path) -> None:
    with world_of_vms(tmp_path) as world, world.runner(cell()) as runner:
        checkpoints = Checkpoints(
            folder=tmp_path,
            backend=world.backend,
            parent="image",
            actions=runner.actions("installed"),
            definition="folders",
            recorder=runner.recorder,
        )
        assert replace(checkpoints, engine=checkpoints.engine).key(1) == checkpoints.key(1)
        assert replace(checkpoints, engine="another").key(1) != checkpoints.key(1)
        assert replace(checkpoints, definition="another").key(1) != checkpoints.key(1)


def test_a_cheap_step_has_no_checkpoint(tmp_path: Path) -> None:
    with world_of_vms(tmp_path) as world:
        reach(world, EXPENSIVE, THEN, checkpoint_after_s=30.0)
        assert "keep checkpoint" not in world.log


def test_with_a_defect_checkpoints_of_a_good_run_are_used_and_none_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "defect.toml"
    path.touch()
    with Journal(tmp_path / "events") as journal, world_of_vms(tmp_path) as world:
        context = Home(Path(__file__).parents[3], defect=path).run_context(
            tmp_path, journal, "run", fresh=False, watched=False
        )
        reach(world, EXPENSIVE, THEN)
        before = len(world.log)
        assert (
            reach(world, EXPENSIVE, OTHER, checkpoint_after_s=context.checkpoint_after_s) == "2.1"
        )
        reach(world, OTHER, EXPENSIVE, THEN, checkpoint_after_s=context.checkpoint_after_s)
        assert world.log[before] == "start main from snapshot"
        assert "keep checkpoint" not in world.log[before:]


def test_a_fresh_run_saves_no_checkpoint_and_uses_none(tmp_path: Path) -> None:
    with world_of_vms(tmp_path) as world:
        reach(world, EXPENSIVE, THEN)
        before = len(world.log)
        reach(world, EXPENSIVE, OTHER, fresh=True)
        assert world.log[before] == "start main from image"
        assert "keep checkpoint" not in world.log[before:]


def test_a_container_has_no_checkpoints(world: World) -> None:
    reach(world, EXPENSIVE, THEN)
    assert "keep checkpoint" not in world.log


def test_an_unreadable_checkpoint_is_ignored(tmp_path: Path) -> None:
    with world_of_vms(tmp_path) as world:
        reach(world, EXPENSIVE, THEN)
        for note in (world.folder / "cache" / "checkpoints").glob("*.json"):
            note.write_text("{", encoding="utf-8")
        assert reach(world, EXPENSIVE, OTHER) == "2.1"
