"""The way back: by the product's own steps, proven equal to what was before."""

from __future__ import annotations

import pytest

from tests.unit.runner.world import World, cell
from upgradeproof.errors import ProofError
from upgradeproof.probes.packages import Packages
from upgradeproof.results import Verdict

BACK = "echo 1.0 >packages/thing"


def test_what_was_before_is_again(world: World) -> None:
    with world.runner(cell(rollback=BACK)) as runner:
        state = runner.reach("rolled_back")
    assert state[Packages]["thing"].version == "1.0"
    assert state.changes == ()
    assert world.state("rolled_back").verdict is Verdict.PASSED


def test_it_is_compared_with_the_state_before_the_upgrade(world: World) -> None:
    on = cell(rollback=f"{BACK}; echo 1 >packages/more")
    with world.runner(on) as runner:
        state = runner.reach("rolled_back")
    assert [change.path for change in state.regressions] == ["packages/more"]


def test_what_is_left_behind_is_explained_by_the_plan(world: World) -> None:
    left = [{"facts": ["packages/more"], "reason": "the tool for the way back stays"}]
    on = cell(rollback=f"{BACK}; echo 1 >packages/more", allowed_changes=left)
    with world.runner(on) as runner:
        state = runner.reach("rolled_back")
    assert state.regressions == ()
    assert [change.reason for change in state.changes] == ["the tool for the way back stays"]


def test_a_version_that_only_fits_is_no_way_back(world: World) -> None:
    on = cell(rollback="echo 1.9 >packages/thing")
    with world.runner(on) as runner, pytest.raises(ProofError) as caught:
        runner.reach("rolled_back")
    assert str(caught.value) == (
        "the rollback to 1 did not happen, though every step succeeded\n"
        "thing: 1.9, where 1.0 was installed before\n"
        "To do: see the transcripts: which step should have restored it?"
    )


def test_steps_that_do_nothing_are_no_way_back(world: World) -> None:
    with world.runner(cell(rollback="true")) as runner, pytest.raises(ProofError):
        runner.reach("rolled_back")


def test_a_kept_rollback_is_reused(world: World) -> None:
    for _ in range(2):
        with world.runner(cell(rollback=BACK)) as runner:
            runner.reach("rolled_back")
    assert world.state("rolled_back").reused


def test_the_upgrade_is_applied_again_and_ends_as_it_did(world: World) -> None:
    with world.runner(cell(rollback=BACK)) as runner:
        state = runner.reach("upgraded_again")
        assert state.machine.run("cat packages/thing").text == "2.0"
    assert state.changes == ()
    assert world.state("upgraded_again").release == "2"
    assert [line for line in world.log if line.startswith("keep")] == [
        "keep installed",
        "keep upgraded",
        "keep rolled_back",
        "keep upgraded_again",
    ]


def test_it_is_held_against_the_first_upgrade_not_against_what_the_plan_expects(
    world: World,
) -> None:
    """A second upgrade may add nothing, though the plan expects the first one to add packages."""
    again = "[ -e been-here ] && echo 1 >packages/more; touch been-here; echo 2.0 >packages/thing"
    known = [{"facts": ["packages/*"], "reason": "the upgrade brings packages"}]
    with world.runner(cell(rollback=BACK, upgrade=again, expect={"change": known})) as runner:
        assert runner.reach("upgraded").regressions == ()
        state = runner.reach("upgraded_again")
    assert [(change.path, change.expected) for change in state.changes] == [
        ("packages/more", False)
    ]


def test_what_the_rollback_leaves_behind_may_still_lie_there(world: World) -> None:
    left = [{"facts": ["packages/more"], "reason": "the tool for the way back stays"}]
    on = cell(rollback=f"{BACK}; echo 1 >packages/more", allowed_changes=left)
    with world.runner(on) as runner:
        state = runner.reach("upgraded_again")
    assert [change.reason for change in state.changes] == ["the tool for the way back stays"]


def test_a_version_that_only_fits_is_no_second_upgrade(world: World) -> None:
    again = "[ -e been-here ] && v=2.1 || v=2.0; touch been-here; echo $v >packages/thing"
    with world.runner(cell(rollback=BACK, upgrade=again)) as runner:
        with pytest.raises(ProofError) as caught:
            runner.reach("upgraded_again")
        assert runner.reach("rolled_back").changes == ()
    assert str(caught.value) == (
        "the upgrade to 2, applied again after the rollback, did not end as the first time\n"
        "thing: 2.1, where 2.0 was installed before\n"
        "To do: see the transcripts: what did the rollback leave, or the archive change?"
    )


def test_an_upgrade_that_does_nothing_the_second_time_did_not_happen(world: World) -> None:
    again = "[ -e been-here ] || echo 2.0 >packages/thing; touch been-here"
    with (
        world.runner(cell(rollback=BACK, upgrade=again)) as runner,
        pytest.raises(ProofError, match="the upgrade to 2 did not happen"),
    ):
        runner.reach("upgraded_again")


def test_it_is_in_use_where_the_first_upgrade_was_in_use(world: World) -> None:
    """Each state waits for the ports of its release: of the second upgrade, for the moved ones."""
    moved = [{"port": 8000, "change": "moved", "to": 8001}]
    with world.runner(cell(rollback=BACK, expect={"port": moved})) as runner:
        runner.reach("upgraded_again")
    waited = [script for machine in world.backend.machines for script in machine.waited]
    assert [("1F40" in script, "1F41" in script) for script in waited] == [
        (True, False),
        (False, True),
        (True, False),
        (False, True),
    ]


def test_a_state_knows_how_long_its_steps_took_also_when_it_is_reused(world: World) -> None:
    took = []
    for _ in range(2):
        with world.runner(cell(rollback=BACK)) as runner:
            took.append(runner.reach("rolled_back").took_s)
    steps = world.state("rolled_back").steps
    assert took == [sum(step.duration_s or 0 for step in steps)] * 2
    assert took[0] > 0
