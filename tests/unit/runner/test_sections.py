"""The sections of a cached state that remain valid after a change of a probe or the engine."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runner.fakes import FolderBackend
from tests.unit.runner.world import World
from upgradeproof.probes import Probe
from upgradeproof.probes.files import Files
from upgradeproof.probes.groups import Groups
from upgradeproof.probes.journal import Journal
from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.references import References
from upgradeproof.probes.service_controls import ServiceControls
from upgradeproof.probes.sockets import Sockets
from upgradeproof.runner.sections import section_key, sources

ALL = ("installed", "installed_rebooted", "upgraded", "rebooted")
FORWARD = ("installed", "upgraded")
BUILT = ["start main from image", "keep installed", "keep upgraded", "end main"]
READ_LATER = 2 * ["start facts from snapshot", "end facts"]
OBSERVED = 2 * ["start clone from snapshot", "end clone"]


def changed(probe: type[Probe[Any]]) -> Callable[[type[Probe[Any]]], str]:
    """Return the keys of sections after a change of one probe's source."""
    return lambda each: f"{section_key(each)}{'changed' if each is probe else ''}"


def reached(world: World, names: tuple[str, ...] = FORWARD) -> list[str]:
    """Reach states in another run; return the actions of the backend."""
    before = len(world.log)
    with world.runner() as runner:
        for name in names:
            runner.reach(name)
    return world.log[before:]


@pytest.fixture
def vms(world: World) -> World:
    world.backend = FolderBackend(world.folder / "backend", kernel="own")
    return world


def test_after_a_change_of_a_probe_of_the_disk_only_its_section_is_read_again(
    world: World,
) -> None:
    reached(world)
    world.section_key = changed(Groups)
    assert reached(world) == READ_LATER
    assert reached(world) == []
    assert [world.state(name).reused for name in FORWARD] == [True, True]


def test_sections_of_two_versions_of_a_probe_are_next_to_each_other(world: World) -> None:
    for key in (section_key, changed(Groups)):
        world.section_key = key
        reached(world)
    world.section_key = section_key
    assert reached(world) == []


def test_an_unreadable_section_is_read_again(world: World) -> None:
    reached(world)
    for path in (world.folder / "cache" / "states").glob("*/facts/groups-*.json"):
        path.write_text("{", encoding="utf-8")
    assert reached(world) == READ_LATER


@pytest.mark.parametrize("probe", [Sockets, Journal])
def test_sections_that_a_boot_changes_are_never_read_later_on_a_booted_machine(
    world: World, probe: type[Probe[Any]]
) -> None:
    reached(world)
    world.section_key = changed(probe)
    assert reached(world) == BUILT


def test_a_machine_that_resumes_from_its_memory_is_read_later(vms: World) -> None:
    reached(vms)
    vms.section_key = changed(Sockets)
    assert reached(vms) == READ_LATER
    assert reached(vms) == []


def test_a_saved_memory_that_this_host_cannot_use_is_ignored(vms: World) -> None:
    reached(vms)
    for saved in (vms.folder / "backend" / "snapshots").iterdir():
        (saved / "no-memory").touch()
    vms.section_key = changed(Sockets)
    assert reached(vms) == BUILT


def test_events_are_never_read_later(vms: World) -> None:
    reached(vms)
    vms.section_key = changed(Journal)
    assert reached(vms) == BUILT


@pytest.mark.parametrize("probe", [Groups, Kernel])
def test_booted_states_are_observed_again_after_a_change_of_any_probe(
    vms: World, probe: type[Probe[Any]]
) -> None:
    reached(vms, ALL)
    vms.section_key = changed(probe)
    reached(vms)
    assert reached(vms, ALL) == OBSERVED


def test_a_section_that_is_read_later_has_the_original_begin_of_the_transition(vms: World) -> None:
    with vms.runner() as runner:
        built = runner.reach("upgraded")
    vms.section_key = changed(Sockets)
    with vms.runner() as runner:
        assert runner.reach("upgraded").facts == built.facts


def test_another_definition_of_the_machines_makes_every_state_invalid(world: World) -> None:
    reached(world)
    world.backend.definition = "larger folders"
    assert reached(world) == BUILT


def test_the_sources_of_a_probe_are_its_file_its_imports_and_shared_files() -> None:
    names = [path.name for path in sources(ServiceControls)]
    shared = ["base.py", "inputs.py", "reading.py"]
    assert names == [*shared, "service_controls.py", "text.py", "unit_shell.py"]
    assert {"files.py", "files_walk.py", "files_walk.pl", "files_explain.py"} <= {
        p.name for p in sources(Files)
    }


def test_a_program_that_a_probe_runs_is_one_of_its_sources() -> None:
    assert {"references.py", "references.pl"} <= {path.name for path in sources(References)}


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[type[Probe[Any]]]:
    """Return the class of a probe of a project, in a folder with another module."""
    (tmp_path / "neighbour_of_probe.py").write_text("LIMIT = 1\n", encoding="utf-8")
    (tmp_path / "probe_of_project.py").write_text(
        "from neighbour_of_probe import LIMIT\n\nclass Fans:\n    section = 'fans'\n",
        encoding="utf-8",
    )
    names = ("neighbour_of_probe", "probe_of_project")
    for name in names:
        spec = importlib.util.spec_from_file_location(name, tmp_path / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    yield sys.modules["probe_of_project"].Fans
    for name in names:
        del sys.modules[name]


def test_a_probe_of_a_project_has_the_sources_next_to_it(outside: type[Probe[Any]]) -> None:
    assert {path.name for path in sources(outside)} == {
        *("neighbour_of_probe.py", "probe_of_project.py"),
        *("base.py", "inputs.py", "reading.py"),
    }
