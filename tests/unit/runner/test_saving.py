"""A state is saved in the background: what needs its machine or its lock waits, nothing else."""

from __future__ import annotations

import threading

import pytest

from tests.unit.runner.world import World

SLOW_S = 0.5


@pytest.fixture
def slow(world: World) -> World:
    """Return a world whose snapshots take time before they begin."""
    world.backend.slow_s = SLOW_S
    return world


def test_a_clone_of_the_old_release_boots_while_the_new_one_is_saved(slow: World) -> None:
    with slow.runner() as runner:
        runner.reach("rebooted")
    assert slow.log.index("start clone from snapshot") < slow.log.index("keep upgraded")


def test_the_machine_of_a_state_is_used_after_the_state_is_saved(slow: World) -> None:
    with slow.runner() as runner:
        runner.reach("upgraded").machine.run("true")
        assert slow.log[-1] == "keep upgraded"


def test_another_run_waits_until_a_state_is_saved_and_reuses_it(slow: World) -> None:
    reached, goes_on = threading.Event(), threading.Event()

    def first() -> None:
        with slow.runner() as runner:
            runner.reach("installed")
            reached.set()
            goes_on.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    reached.wait(10)
    with slow.runner() as other:
        other.reach("installed")
    goes_on.set()
    thread.join()
    assert [line for line in slow.log if line.startswith("start")] == ["start main from image"]
