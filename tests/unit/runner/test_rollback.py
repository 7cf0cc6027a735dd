"""The rollback: by the product's own steps, with the same state as before the upgrade."""

from __future__ import annotations

import pytest

from tests.unit.runner.world import World, cell
from upgradeproof.errors import ProofError
from upgradeproof.probes.packages import Packages
from upgradeproof.results import Verdict

BACK = "echo 1.0 >packages/thing"


def test_the_state_before_the_upgrade_is_restored(world: World) -> None:
    with world.runner(cell(rollback=BACK)) as runner:
        state = runner.reach("rolled_back")
    assert state[Packages]["thing"].version == "1.0"
    assert state.changes == ()
    assert world.state("rolled_back").verdict is Verdict.PASSED


def test_a_rollback_is_compared_with_the_state_before_the_upgrade(world: World) -> None:
    on = cell(rollback=f"{BACK}; echo 1 >packages/more")
    with world.runner(on) as runner:
        state = runner.reach("rolled_back")
    assert [change.path for change in state.regressions] == ["packages/more"]


def test_leftovers_are_explained_by_the_plan(world: World) -> None:
    left = [{"facts": ["packages/more"], "reason": "the tool for the rollback remains"}]
    on = cell(rollback=f"{BACK}; echo 1 >packages/more", allowed_changes=left)
    with world.runner(on) as runner:
        state = runner.reach("rolled_back")
    assert state.regressions == ()
    assert [change.reason for change in state.changes] == ["the tool for the rollback remains"]


def test_a_version_that_only_matches_is_no_rollback(world: World) -> None:
    on = cell(rollback="echo 1.9 >packages/thing")
    with world.runner(on) as runner, pytest.raises(ProofError) as caught:
        runner.reach("rolled_back")
    assert str(caught.value) == (
        "the rollback to 1 did not happen, though every step succeeded\n"
        "thing: 1.9, where 1.0 was installed before\n"
        "To do: see the transcripts: which step should have restored it?"
    )


def test_steps_that_do_nothing_are_no_rollback(world: World) -> None:
    with world.runner(cell(rollback="true")) as runner, pytest.raises(ProofError):
        runner.reach("rolled_back")


def test_a_cached_rollback_is_reused(world: World) -> None:
    for _ in range(2):
        with world.runner(cell(rollback=BACK)) as runner:
            runner.reach("rolled_back")
    assert world.state("rolled_back").reused


def test_the_upgrade_is_applied_again_with_the_same_result(world: World) -> None:
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


def test_the_second_upgrade_is_compared_with_the_first_one_not_with_the_plan(
    world: World,
) -> None:
    """The plan expects the first upgrade to add packages; the second one must not add more."""
    again = "[ -e been-here ] && echo 1 >packages/more; touch been-here; echo 2.0 >packages/thing"
    known = [{"facts": ["packages/*"], "reason": "the upgrade brings packages"}]
    with world.runner(cell(rollback=BACK, upgrade=again, expect={"change": known})) as runner:
        assert runner.reach("upgraded").regressions == ()
        state = runner.reach("upgraded_again")
    assert [(change.path, change.expected) for change in state.changes] == [
        ("packages/more", False)
    ]


def test_leftovers_of_the_rollback_may_remain_after_the_second_upgrade(world: World) -> None:
    left = [{"facts": ["packages/more"], "reason": "the tool for the rollback remains"}]
    on = cell(rollback=f"{BACK}; echo 1 >packages/more", allowed_changes=left)
    with world.runner(on) as runner:
        state = runner.reach("upgraded_again")
    assert [change.reason for change in state.changes] == ["the tool for the rollback remains"]


def test_a_version_that_only_matches_is_no_second_upgrade(world: World) -> None:
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


def test_the_second_upgrade_is_ready_at_the_ports_of_the_first_one(world: World) -> None:
    """Each state waits for the ports of its release: after the second upgrade, for moved ports."""
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


def test_a_state_has_the_duration_of_its_steps_even_if_it_is_reused(world: World) -> None:
    took = []
    for _ in range(2):
        with world.runner(cell(rollback=BACK)) as runner:
            took.append(runner.reach("rolled_back").took_s)
    steps = world.state("rolled_back").steps
    assert took == [sum(step.duration_s or 0 for step in steps)] * 2
    assert took[0] > 0
