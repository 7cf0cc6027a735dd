"""Fixtures: a cell, its runner, and the states that tests name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.plan import Cell
from upgradeproof.plugin.run import RUN
from upgradeproof.runner import Runner, State


@pytest.fixture(scope="session")
def cell(request: pytest.FixtureRequest) -> Cell:
    """Return the cell that a test runs on; a test that names a state runs for each cell."""
    if not hasattr(request, "param"):
        missing = PlanError(
            f"a test asks for a cell, and there is no plan in {request.config.rootpath}",
            resolution="`upgradeproof init` writes a first upgrade.toml",
        )
        pytest.fail(str(missing), pytrace=False)
    found: Cell = request.param
    return found


@pytest.fixture(scope="session")
def upgradeproof_runner(cell: Cell, pytestconfig: pytest.Config) -> Iterator[Runner]:
    """Hand out the way of the cell through its states; it ends with the cell's last test."""
    with Runner(cell, pytestconfig.stash[RUN].tools) as way:
        yield way


@pytest.fixture
def installed(upgradeproof_runner: Runner, request: pytest.FixtureRequest) -> Iterator[State]:
    """Hand out the old release, installed, in use, with data written."""
    with _handed_out(upgradeproof_runner, "installed", request.node) as state:
        yield state


@pytest.fixture
def upgraded(upgradeproof_runner: Runner, request: pytest.FixtureRequest) -> Iterator[State]:
    """Hand out the new release after the upgrade, which is proven to have happened."""
    with _handed_out(upgradeproof_runner, "upgraded", request.node) as state:
        yield state


@pytest.fixture
def installed_rebooted(
    upgradeproof_runner: Runner, request: pytest.FixtureRequest
) -> Iterator[State]:
    """Hand out the old release on a clone that has booted again."""
    with _handed_out(upgradeproof_runner, "installed_rebooted", request.node) as state:
        yield state


@pytest.fixture
def rebooted(upgradeproof_runner: Runner, request: pytest.FixtureRequest) -> Iterator[State]:
    """Hand out the new release on a clone that has booted again."""
    with _handed_out(upgradeproof_runner, "rebooted", request.node) as state:
        yield state


@pytest.fixture
def rolled_back(upgradeproof_runner: Runner, request: pytest.FixtureRequest) -> Iterator[State]:
    """Hand out the old release after the product's own way back from the upgrade."""
    with _handed_out(upgradeproof_runner, "rolled_back", request.node) as state:
        yield state


@pytest.fixture
def upgraded_again(upgradeproof_runner: Runner, request: pytest.FixtureRequest) -> Iterator[State]:
    """Hand out the new release after the upgrade was rolled back and applied once more."""
    with _handed_out(upgradeproof_runner, "upgraded_again", request.node) as state:
        yield state


@contextmanager
def _handed_out(upgradeproof_runner: Runner, name: str, test: pytest.Item) -> Iterator[State]:
    """Reach a state for a test; a destructive test gets a machine of its own in it."""
    if test.get_closest_marker("own_kernel") and not upgradeproof_runner.own_kernel:
        pytest.skip("the machine shares its host's kernel: only a VM can prove this")
    state = upgradeproof_runner.reach(name)
    with ExitStack() as own:
        if test.get_closest_marker("destructive"):
            clone = cache(lambda: own.enter_context(upgradeproof_runner.clone(name)))
            state = state.on(clone)
        yield state
