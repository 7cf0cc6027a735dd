"""Fixtures: a real machine for the tests of the engine, and small projects for a real pytest."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import platformdirs
import pytest

from tests.machines.projects import Project, forget_states
from tests.machines.starting import Start
from upgradeproof.imaging import Images
from upgradeproof.machines import MachineSpec
from upgradeproof.machines.docker import BACKEND
from upgradeproof.machines.docker_machine import DockerMachine
from upgradeproof.plan.images import Platform, load_images

ROOT = Path(__file__).parents[2]
DEBIAN_12 = Platform(image="debian-12", architecture="amd64", machine="container")


@pytest.fixture(scope="session")
def every_image() -> Images:
    """Return the images of this checkout; the container engine stores them: each is made once."""
    cache = platformdirs.user_cache_path("upgradeproof") / "images"
    return Images(load_images(ROOT), cache)


@pytest.fixture(scope="session")
def debian_image(every_image: Images) -> str:
    """Return the image of Debian 12."""
    return every_image.ensure(DEBIAN_12)


@pytest.fixture(scope="session")
def debian(start: Start) -> Iterator[DockerMachine]:
    """Yield a running, empty Debian 12; a test that changes it must undo the change."""
    with start("debian") as machine:
        yield machine


@pytest.fixture(scope="session")
def start(debian_image: str, token: str) -> Start:
    """Return a function that starts a separate machine for a test."""

    def started(
        name: str, *, snapshot: str = "", ports: tuple[int, ...] = ()
    ) -> AbstractContextManager[DockerMachine]:
        return BACKEND.start(
            MachineSpec(
                snapshot=snapshot or debian_image,
                name=f"upgradeproof-{token}-{name}",
                architecture="amd64",
                ports=ports,
                labels={"upgradeproof.run": token},
            )
        )

    return started


@pytest.fixture(scope="session")
def token() -> Iterator[str]:
    """Return a token for the names of this session; at the end, states with it are removed."""
    word = f"t{secrets.token_hex(3)}"
    yield word
    forget_states(word)


@pytest.fixture(scope="session")
def new_project(
    tmp_path_factory: pytest.TempPathFactory, token: str, debian_image: str
) -> Callable[[str], Project]:
    """Return a function that makes empty projects with the image of Debian 12 and shared states."""
    states = tmp_path_factory.mktemp("states")
    return lambda name: Project(tmp_path_factory.mktemp(name), states, token).know_debian_12()


@pytest.fixture
def project(new_project: Callable[[str], Project]) -> Project:
    """Return an empty project."""
    return new_project("project")
