"""What a killed run left on a Docker engine is removed, also when other runs do so, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.machines.docker_api import FakeDocker
from upgradeproof.errors import MachineError
from upgradeproof.machines import owner
from upgradeproof.machines.docker import DockerBackend

OVER = "boot:1:2"


def labels(kind: str, by: str = OVER) -> dict[str, str]:
    return {"upgradeproof": kind, "upgradeproof.owner": by}


@pytest.fixture
def docker() -> FakeDocker:
    return FakeDocker(
        containers={
            "a": labels("machine"),
            "b": labels("machine"),
            "build": labels("image-build"),
            "mine": labels("machine", owner.mine()),
            "my-build": labels("image-build", owner.mine()),
            "by-hand": labels("state", ""),
            "other": {"some": "label"},
        },
        images={"s1": labels("state", ""), "s2": labels("state", ""), "image": labels("image")},
    )


def test_the_machines_and_builds_of_dead_owners_are_removed(
    docker: FakeDocker, tmp_path: Path
) -> None:
    with docker.serving(tmp_path) as engine:
        gone = DockerBackend(engine).prune(states=False)
    assert gone == ["container a", "container b", "container build"]
    assert list(docker.containers) == ["mine", "my-build", "by-hand", "other"]
    assert list(docker.images) == ["s1", "s2", "image"]


@pytest.mark.parametrize("status", [404, 409])
def test_a_container_that_another_run_removes_at_the_same_time_is_no_error(
    docker: FakeDocker, tmp_path: Path, status: int
) -> None:
    docker.refused = {"DELETE /containers/a": status}
    with docker.serving(tmp_path) as engine:
        gone = DockerBackend(engine).prune(states=False)
    assert gone == ["container b", "container build"]


@pytest.mark.parametrize(
    ("request_line", "brief"),
    [
        ("DELETE /containers/a", "what is over could not be removed"),
        ("GET /containers/json", "what is over could not be removed"),
        ("GET /images/json", "the engine can't remove the cached states"),
    ],
)
def test_an_engine_that_fails_is_one_clear_error(
    docker: FakeDocker, tmp_path: Path, request_line: str, brief: str
) -> None:
    docker.refused = {request_line: 500}
    with docker.serving(tmp_path) as engine, pytest.raises(MachineError) as raised:
        DockerBackend(engine).prune(states=True)
    assert str(raised.value) == f"{brief}: refused: {request_line}"


def test_states_are_removed_where_none_is_in_use(docker: FakeDocker, tmp_path: Path) -> None:
    docker.refused = {"DELETE /images/s1": 409}
    docker.containers.clear()
    with docker.serving(tmp_path) as engine:
        assert DockerBackend(engine).prune(states=True) == ["state state:s2"]


@pytest.mark.parametrize("request_line", ["GET /images/s1/json", "GET /images/s1/history"])
def test_a_state_that_another_run_removes_meanwhile_hides_no_other(
    docker: FakeDocker, tmp_path: Path, request_line: str
) -> None:
    docker.refused = {request_line: 404}
    with docker.serving(tmp_path) as engine:
        assert [state.name for state in DockerBackend(engine).snapshots()] == ["state:s2"]
