"""States are cached under a hash of all their inputs, and reused while the inputs are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.runner.world import INSTALL, PLATFORM, World, cell
from upgradeproof.plan import Cell
from upgradeproof.plan.steps import Action, Publish, Upload, UploadTree
from upgradeproof.plan.tree import Tree
from upgradeproof.probes.packages import Packages
from upgradeproof.runner import Runner
from upgradeproof.runner.keys import key
from upgradeproof.runner.store import StateStore

COPY = {"step": "copy", "source": "thing.conf", "path": "/etc/thing.conf"}
RUN = {"step": "run", "script": INSTALL}


def reached(world: World, on: Cell | None = None, *, fresh: bool = False) -> list[str]:
    """Reach the last state in another run; return the actions of the backend."""
    before = len(world.log)
    with world.runner(on, fresh=fresh) as runner:
        runner.reach("upgraded")
    return world.log[before:]


def test_a_second_run_starts_no_machine(world: World) -> None:
    reached(world)
    assert reached(world) == []


def test_a_state_is_not_reused_after_another_build_of_its_parent(world: World) -> None:
    """Two builds may differ at random, for instance by a key that the machine generates."""
    on = cell(install=f"{INSTALL}; date +%s.%N >packages/key")
    reached(world, on)
    with world.runner(on, fresh=True) as runner:
        runner.reach("installed")
    with world.runner(on) as runner:
        before, after = runner.reach("installed"), runner.reach("upgraded")
    assert after[Packages]["key"] == before[Packages]["key"]
    assert reached(world, on) == []


def test_a_reused_state_is_the_same_as_the_built_one(world: World) -> None:
    with world.runner() as runner:
        built = runner.reach("upgraded")
    with world.runner() as runner:
        reused = runner.reach("upgraded")
    assert reused[Packages]["thing"].version == "2.0"
    assert (reused.facts, reused.changes, reused.fidelity) == (
        built.facts,
        built.changes,
        built.fidelity,
    )


def test_a_reused_state_is_recorded_with_the_original_steps(world: World) -> None:
    reached(world)
    reached(world)
    built, reused = world.state("upgraded", run=1), world.state("upgraded", run=2)
    assert (built.reused, reused.reused) == (False, True)
    assert reused.steps == built.steps != ()
    assert reused.duration_s == built.duration_s


def test_the_transcripts_of_a_reused_state_are_restored(world: World) -> None:
    on = cell(upgrade="echo hello; echo 2.0 >packages/thing")
    reached(world, on)
    transcript = world.folder / "reports" / world.state("upgraded").steps[0].transcript
    text = transcript.read_text()
    transcript.unlink()
    reached(world, on)
    assert transcript.read_text() == text
    assert text.endswith("] hello\n")


def test_a_machine_of_a_reused_state_is_started_on_demand(world: World) -> None:
    reached(world)
    before = len(world.log)
    with world.runner() as runner:
        upgraded = runner.reach("upgraded")
        assert upgraded.machine.run("cat packages/thing").text == "2.0"
    assert world.log[before:] == ["start upgraded from snapshot", "end upgraded"]


def test_a_fresh_run_does_not_use_cached_states(world: World) -> None:
    first = reached(world)
    assert reached(world, fresh=True) == first


def test_a_fresh_run_reuses_its_own_states(world: World) -> None:
    context = world.context(fresh=True)
    with Runner(cell(), context) as runner:
        runner.reach("upgraded")
    before = len(world.log)
    with Runner(cell(), context) as runner:
        runner.reach("upgraded")
    assert world.log[before:] == []


def test_states_of_a_fresh_run_are_reused_by_the_next_run(world: World) -> None:
    reached(world, fresh=True)
    assert reached(world) == []


def test_a_change_of_the_upgrade_reuses_the_old_release(world: World) -> None:
    reached(world)
    assert reached(world, cell(upgrade="echo 2.1 >packages/thing")) == [
        "start main from snapshot",
        "keep upgraded",
        "end main",
    ]


def test_a_state_without_its_snapshot_is_built_again(world: World) -> None:
    first = reached(world)
    for snapshot in (world.folder / "backend" / "snapshots").iterdir():
        snapshot.rename(world.folder / f"gone-{snapshot.name}")
    assert reached(world) == first


@pytest.mark.parametrize("file", ["state.json", "facts/*.json"])
@pytest.mark.parametrize("content", ["", "{}", "not json"])
def test_an_unreadable_cached_state_is_built_again(world: World, file: str, content: str) -> None:
    first = reached(world)
    for path in (world.folder / "cache" / "states").glob(f"*/{file}"):
        path.write_text(content)
    assert reached(world) == first


def test_without_cached_states_all_states_are_built_again(world: World) -> None:
    first = reached(world)
    StateStore(world.folder / "cache").clear()
    assert reached(world) == first


def test_a_failed_state_is_not_cached(world: World) -> None:
    broken = cell(upgrade="exit 1")
    with world.runner(broken) as runner, pytest.raises(Exception, match="failed"):
        runner.reach("upgraded")
    assert len(list((world.folder / "cache" / "states").iterdir())) == 1


def actions(on: Cell, state: str) -> tuple[Action, ...]:
    return tuple(action for action in on.actions(state) if not isinstance(action, Publish))


def keys(on: Cell) -> tuple[str, str]:
    installed = key("image", on, "installed", actions(on, "installed"))
    return installed, key(installed, on, "upgraded", actions(on, "upgraded"))


PORT = {"port": 80}
DATA = {"id": "note", "write": "echo hi >note", "read": "cat note", "equals": "hi"}
CONFIG = {"path": "/etc/thing.conf"}
OLD = {"name": "1", "packages": {"thing": "1.*"}}
NEW = {"name": "2", "packages": {"thing": "2.*"}}


@pytest.mark.parametrize(
    "changed",
    [
        {"install": "echo other"},
        {"install": [{"step": "run", "script": INSTALL, "timeout_s": 5}]},
        {"expect": {"services": ["thingd"]}},
        {"expect": {"modules": ["loop"]}},
        {"expect": {"certificates": ["/etc/thing.crt"]}},
        {"expect": {"config": [CONFIG]}},
        {"expect": {"port": [PORT]}},
        {"expect": {"data": [DATA]}},
        {"ready_timeout_s": 5},
        {"release": [{**OLD, "packages": {"thing": "1.0"}}, NEW]},
    ],
)
def test_the_key_depends_on_everything_that_reaches_the_machine(changed: dict[str, Any]) -> None:
    assert not set(keys(cell())) & set(keys(cell(**changed)))


def expect(**others: Any) -> Cell:
    data = {**DATA, **others.pop("data", {})}
    config = {**CONFIG, **others.pop("config", {})}
    return cell(expect={"data": [data], "config": [config], **others})


@pytest.mark.parametrize(
    "changed",
    [
        {"change": [{"facts": ["packages/*"], "reason": "all of them are new"}]},
        {"endpoint": [{"id": "web", "kind": "tcp", "port": 80}]},
        {"config": {"change": "migrated", "preserved_keys": ["a.b"]}},
    ],
)
def test_the_key_does_not_depend_on_how_a_state_is_judged(changed: dict[str, Any]) -> None:
    assert keys(expect()) == keys(expect(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"data": {"write": "echo ho >note"}},
        {"data": {"read": "cat ./note"}},
        {"command": [{"id": "a", "run": "a"}]},
        {"config": {"format": "ini"}},
        {"config": {"check": "thing -t"}},
        {"endpoint": [{"id": "web", "kind": "http", "port": 80}]},
    ],
)
def test_the_key_depends_on_what_is_done_or_read_on_the_machine(changed: dict[str, Any]) -> None:
    assert not set(keys(expect())) & set(keys(expect(**changed)))


def test_the_key_changes_with_the_content_of_a_copied_file(tmp_path: Path) -> None:
    (tmp_path / "thing.conf").write_text("one")
    before = keys(cell(tmp_path, install=[RUN, COPY]))
    (tmp_path / "thing.conf").write_text("two")
    assert not set(before) & set(keys(cell(tmp_path, install=[RUN, COPY])))


@pytest.mark.parametrize("changed", [{"mode": "0600"}, {"owner": "thing"}, {"path": "/etc/other"}])
def test_the_key_changes_with_how_a_file_is_copied(tmp_path: Path, changed: Any) -> None:
    (tmp_path / "thing.conf").write_text("one")
    before = keys(cell(tmp_path, install=[RUN, COPY]))
    assert not set(before) & set(keys(cell(tmp_path, install=[RUN, {**COPY, **changed}])))


def test_the_key_does_not_depend_on_the_path_of_the_product(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "thing.conf").write_text("one")
    here, there = (cell(tmp_path / name, install=[RUN, COPY]) for name in ("here", "there"))
    assert keys(here) == keys(there)


@pytest.mark.parametrize(
    "changed",
    [{"upgrade": "echo other"}, {"release": [OLD, {**NEW, "packages": {"thing": "2.1"}}]}],
    ids=["steps", "release"],
)
def test_a_change_of_the_upgrade_leaves_the_old_releases_key(changed: dict[str, Any]) -> None:
    before, after = keys(cell()), keys(cell(**changed))
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_the_key_does_not_depend_on_the_signature_of_a_repository(tmp_path: Path) -> None:
    found = []
    for number, digest in enumerate(("same packages", "same packages", "other packages")):
        bundle = tmp_path / "bundle"
        bundle.write_text(f"signed for the {number}. time")
        upload = Upload(
            title="copy", source=bundle, path="/a", mode=0o644, owner="root", digest=digest
        )
        found.append(key("image", cell(), "installed", [upload]))
    assert found[0] == found[1] != found[2]


def test_the_key_changes_with_every_file_of_a_folder_that_is_copied(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").write_text("1")
    upload = UploadTree(title="copy", tree=Tree(source=tmp_path, path="/a"), timeout_s=5)
    found = [key("image", cell(), "installed", [upload])]
    for change in ("same", "content", "mode"):
        if change == "content":
            (tmp_path / "b" / "c").write_text("2")
        if change == "mode":
            (tmp_path / "b" / "c").chmod(0o600)
        found.append(key("image", cell(), "installed", [upload]))
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_the_key_changes_with_the_image(world: World) -> None:
    steps = actions(cell(), "installed")
    one, two = (key(image, cell(), "installed", steps) for image in ("image one", "image two"))
    assert one != two


def test_platforms_do_not_share_their_states(world: World) -> None:
    first = reached(world)
    other = PLATFORM.model_copy(update={"architecture": "arm64"})
    assert reached(world, cell(platform=other)) == first
