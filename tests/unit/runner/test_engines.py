"""What this host stores for an engine: a folder of its own, unless it is the default one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from upgradeproof.errors import BackendError
from upgradeproof.imaging.sources.registry import RegistrySource
from upgradeproof.machines.engine import CLIENT, LOCAL, DockerEngine
from upgradeproof.machines.engines import Engine
from upgradeproof.runner.engines import EngineInUse, client_id, is_default


def engine(name: str, address: str) -> Engine:
    return Engine(name=name, address=address, architectures=("amd64",))


def test_each_engine_has_a_folder_of_its_own(tmp_path: Path) -> None:
    found = [
        EngineInUse.of(engine(name, address), tmp_path, tmp_path)
        for name, address in (("one", "ssh://one"), ("two", "ssh://two"), ("other", "ssh://one"))
    ]
    first, second, renamed = (each.cache for each in found)
    assert first.parent == second.parent == tmp_path / "engines"
    assert first != second
    assert renamed == first, "a new name of an engine loses no state"


def test_the_default_engine_has_the_states_of_runs_without_engines_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    found = EngineInUse.of(engine("here", f"unix://{tmp_path}/engine.sock"), tmp_path, tmp_path)
    assert found.cache == tmp_path
    assert found.docker.client_id == LOCAL.client_id == ""
    other = EngineInUse.of(engine("other", f"unix://{tmp_path}/other.sock"), tmp_path, tmp_path)
    assert other.cache != tmp_path
    assert other.docker.client_id == client_id(tmp_path)


@pytest.mark.parametrize(
    ("docker_host", "default"),
    [
        ("", "/var/run/docker.sock"),
        ("unix:///run/user/1000/docker.sock", "/run/user/1000/docker.sock"),
        ("tcp://10.0.0.1:2375", ""),
        ("wrong://", ""),
    ],
)
def test_the_default_is_what_docker_host_names(docker_host: str, default: str) -> None:
    paths = ("/var/run/docker.sock", "/run/user/1000/docker.sock")
    environment = {"DOCKER_HOST": docker_host} if docker_host else {}
    assert [path for path in paths if is_default(path, environment)] == (
        [default] if default else []
    )


def test_the_id_of_a_cache_is_made_once(tmp_path: Path) -> None:
    first = client_id(tmp_path / "a")
    assert first == client_id(tmp_path / "a")
    assert first != client_id(tmp_path / "b")
    assert [path.name for path in (tmp_path / "a" / "engines").iterdir()] == ["client"]


def test_what_another_cache_made_is_not_its_own() -> None:
    mine, other = DockerEngine(client_id="mine"), DockerEngine(client_id="other")
    assert mine.owns(mine.labels)
    assert not mine.owns(other.labels)
    assert not mine.owns({})
    assert LOCAL.owns({"upgradeproof": "machine"})
    assert not LOCAL.owns({CLIENT: "mine"})


def test_images_of_a_registry_are_made_on_the_engine(tmp_path: Path) -> None:
    found = EngineInUse.of(engine("one", "ssh://one"), tmp_path, tmp_path)
    sources = found.sources()
    assert [source.name for source in sources] == ["registry", "bootstrap"]
    registry = next(each for each in sources if isinstance(each, RegistrySource))
    assert registry.on is found.docker


def test_an_engine_starts_containers_alone(tmp_path: Path) -> None:
    found = EngineInUse.of(engine("one", "ssh://one"), tmp_path, tmp_path)
    with pytest.raises(BackendError) as raised:
        found.connected("vm")
    assert str(raised.value) == "the engine one starts no machines of the kind 'vm'"


def test_two_cells_do_not_use_one_slot_at_once(tmp_path: Path) -> None:
    found = EngineInUse.of(engine("one", "ssh://one"), tmp_path, tmp_path)
    order: list[str] = []
    first_runs = threading.Event()

    def second() -> None:
        first_runs.wait(20)
        with found.backend.slot():
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with found.backend.slot():
        first_runs.set()
        thread.join(1.0)
        order.append("first")
    thread.join(20)
    assert order == ["first", "second"]
