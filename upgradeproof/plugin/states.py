"""Fixtures: a cell, its runner, and the states that tests name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

import pytest

from upgradeproof.plan import Cell
from upgradeproof.plugin.run import RUN
from upgradeproof.runner import Runner, State
from upgradeproof.states import STATES, StateName


@pytest.fixture(scope="session")
def cell(request: pytest.FixtureRequest) -> Cell:
    """Return the cell that a test runs on; a test that names a state runs for each cell."""
    found: Cell = request.param
    return found


@pytest.fixture(scope="session")
def upgradeproof_runner(cell: Cell, pytestconfig: pytest.Config) -> Iterator[Runner]:
    """Hand out the runner of the cell; it ends with the cell's last test."""
    with Runner(cell, pytestconfig.stash[RUN].context_of(cell)) as runner:
        yield runner


@contextmanager
def _handed_out(upgradeproof_runner: Runner, name: StateName, test: pytest.Item) -> Iterator[State]:
    """Reach a state for a test; a destructive test gets a machine of its own in it."""
    if test.get_closest_marker("own_kernel") and not upgradeproof_runner.own_kernel:
        pytest.skip("the machine shares its host's kernel: only a VM can prove this")
    state = upgradeproof_runner.reach(name)
    with ExitStack() as own:
        if test.get_closest_marker("destructive"):
            clone = cache(lambda: own.enter_context(upgradeproof_runner.clone(name)))
            state = state.on(clone)
        yield state


def _fixture(name: StateName) -> Callable[..., Iterator[State]]:
    """Return the fixture of one state, with the state's name."""

    def fixture(upgradeproof_runner: Runner, request: pytest.FixtureRequest) -> Iterator[State]:
        with _handed_out(upgradeproof_runner, name, request.node) as state:
            yield state

    fixture.__doc__ = f"Hand out {name.spec.summary}."
    return pytest.fixture(fixture, name=name.value)


STATE_FIXTURES = {name.value: _fixture(name) for name in STATES}
"""A fixture for each state that a cell can reach, by its name."""

globals().update(STATE_FIXTURES)  # pytest finds fixtures among the names of a module
