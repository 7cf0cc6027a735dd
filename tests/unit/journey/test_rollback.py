"""The way back: by the product's own steps, proven equal to what was before."""

from __future__ import annotations

import pytest

from tests.unit.journey.world import World, cell
from upgradeproof.errors import ProofError
from upgradeproof.probes.packages import Packages
from upgradeproof.results import Verdict

BACK = "echo 1.0 >packages/thing"


def test_what_was_before_is_again(world: World) -> None:
    with world.journey(cell(rollback=BACK)) as journey:
        state = journey.reach("rolled_back")
    assert state[Packages]["thing"].version == "1.0"
    assert state.changes == ()
    assert world.state("rolled_back").verdict is Verdict.PASSED


def test_it_is_compared_with_the_state_before_the_upgrade(world: World) -> None:
    on = cell(rollback=f"{BACK}; echo 1 >packages/more")
    with world.journey(on) as journey:
        state = journey.reach("rolled_back")
    assert [change.path for change in state.regressions] == ["packages/more"]


def test_what_is_left_behind_is_explained_by_the_plan(world: World) -> None:
    left = [{"facts": ["packages/more"], "reason": "the tool for the way back stays"}]
    on = cell(rollback=f"{BACK}; echo 1 >packages/more", left_behind=left)
    with world.journey(on) as journey:
        state = journey.reach("rolled_back")
    assert state.regressions == ()
    assert [change.reason for change in state.changes] == ["the tool for the way back stays"]


def test_a_version_that_only_fits_is_no_way_back(world: World) -> None:
    on = cell(rollback="echo 1.9 >packages/thing")
    with world.journey(on) as journey, pytest.raises(ProofError) as caught:
        journey.reach("rolled_back")
    assert str(caught.value) == (
        "the rollback to 1 did not happen, though every step succeeded\n"
        "thing: 1.9, where 1.0 was installed before\n"
        "To do: see the transcripts: which step should have brought it back?"
    )


def test_steps_that_do_nothing_are_no_way_back(world: World) -> None:
    with world.journey(cell(rollback="true")) as journey, pytest.raises(ProofError):
        journey.reach("rolled_back")


def test_a_kept_rollback_is_reused(world: World) -> None:
    for _ in range(2):
        with world.journey(cell(rollback=BACK)) as journey:
            journey.reach("rolled_back")
    assert world.state("rolled_back").reused
