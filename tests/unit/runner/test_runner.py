"""A cell advances from state to state, forward only; a failure is raised once."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.unit.runner.world import World, cell
from upgradeproof.errors import HarnessError
from upgradeproof.probes.packages import Packages
from upgradeproof.results import Fidelity, Verdict
from upgradeproof.runner import Runner


def test_the_old_release_is_reached_before_the_upgrade(world: World) -> None:
    with world.runner() as runner:
        upgraded = runner.reach("upgraded")
        installed = runner.reach("installed")
    assert installed[Packages]["thing"].version == "1.0"
    assert upgraded[Packages]["thing"].version == "2.0"


def test_one_machine_goes_through_all_states(world: World) -> None:
    with world.runner() as runner:
        runner.reach("upgraded")
    assert world.log == [
        "start main from image",
        "keep installed",
        "keep upgraded",
        "end main",
    ]


def test_a_state_is_reached_once(world: World) -> None:
    with world.runner() as runner:
        assert runner.reach("installed") is runner.reach("installed")


def test_the_machine_that_reached_a_state_is_used_while_it_is_in_that_state(world: World) -> None:
    with world.runner() as runner:
        installed = runner.reach("installed")
        assert installed.host.file(str(world.backend.machines[0].disk / "packages")).is_directory
        runner.reach("upgraded")
    assert world.log.count("start main from image") == len(world.backend.machines) == 1


def test_the_old_state_gets_a_separate_machine_after_the_first_has_advanced(world: World) -> None:
    with world.runner() as runner:
        installed, upgraded = runner.reach("installed"), runner.reach("upgraded")
        versions = [
            state.machine.run("cat packages/thing").text
            for state in (installed, upgraded, installed, upgraded)
        ]
    assert versions == ["1.0", "2.0", "1.0", "2.0"]
    assert [line for line in world.log if line.startswith("start")] == [
        "start main from image",
        "start installed from snapshot",
    ]


def test_a_cached_state_does_not_contain_later_changes(world: World) -> None:
    world.backend.slow_s = 0.1
    with world.runner() as runner:
        installed = runner.reach("installed")
        runner.reach("upgraded")
        assert installed.machine.run("cat packages/thing").text == "1.0"


def test_each_clone_is_a_separate_machine(world: World) -> None:
    with world.runner() as runner:
        upgraded = runner.reach("upgraded")
        with runner.clone("upgraded") as own:
            own.run("echo broken >packages/thing")
            assert upgraded.machine.run("cat packages/thing").text == "2.0"
        assert world.log[-1] == "end clone"


def test_every_machine_is_ended_with_the_runner(world: World) -> None:
    with world.runner() as runner:
        installed = runner.reach("installed")
        runner.reach("upgraded")
        assert installed.machine.alive()
    starts = [line for line in world.log if line.startswith("start")]
    ends = [line for line in world.log if line.startswith("end")]
    assert (len(starts), len(ends)) == (2, 2)
    assert not list((world.folder / "backend" / "running").iterdir())


def test_every_machine_is_ended_when_a_test_raises(world: World) -> None:
    with suppress(KeyboardInterrupt), world.runner() as runner:
        runner.reach("installed")
        raise KeyboardInterrupt
    assert world.log[-1] == "end main"


def test_a_machine_has_labels_of_its_run_and_its_cell(world: World) -> None:
    with world.runner() as runner:
        runner.reach("installed")
    spec = world.backend.machines[0].spec
    assert spec.name == "upgradeproof-run1-example-1-amd64.container.thing-1-to-2-main-1"
    assert spec.labels == {
        "upgradeproof.run": "run1",
        "upgradeproof.cell": "example-1-amd64.container.thing-1-to-2",
    }


def test_a_name_that_no_engine_accepts_is_changed_to_a_valid_one(world: World) -> None:
    with world.runner(cell(old="1~rc+1")) as runner:
        runner.reach("installed")
    name = world.backend.machines[0].name
    assert name == "upgradeproof-run1-example-1-amd64.container.thing-1-rc-1-to-2-main-1"


def test_the_journal_records_states_steps_and_fidelity(world: World) -> None:
    with world.runner() as runner:
        reached = runner.reach("upgraded")
    state = world.state("upgraded")
    assert (state.verdict, state.reason, state.reused) == (Verdict.PASSED, "", False)
    assert [(step.title, step.exit_status) for step in state.steps] == [
        ("echo 2.0 >packages/thing", 0)
    ]
    assert reached.fidelity == Fidelity(kernel="shared", execution="native")
    assert (world.folder / "reports" / state.facts).read_text() == reached.facts.to_json()


def test_the_image_is_the_first_state(world: World) -> None:
    with world.runner() as runner:
        runner.reach("installed")
    base = world.state("base")
    assert (base.verdict, base.steps, base.facts) == (Verdict.PASSED, (), "")
    assert world.images.asked == 1


def test_a_state_is_shown_by_its_name(world: World) -> None:
    with world.runner() as runner:
        assert repr(runner.reach("installed")) == f"<installed {cell().id}>"


def test_a_change_that_the_plan_does_not_expect_is_a_regression(world: World) -> None:
    with world.runner() as runner:
        upgraded = runner.reach("upgraded")
    assert [change.path for change in upgraded.regressions] == ["packages/thing/version"]


def test_each_change_has_the_reason_of_the_plan(world: World) -> None:
    known = {"facts": ["packages/thing/*"], "reason": "it is what we upgrade"}
    steps = "echo 2.0 >packages/thing; echo 1 >packages/stowaway"
    with world.runner(cell(upgrade=steps, expect={"change": [known]})) as runner:
        changes = runner.reach("upgraded").changes
    assert [(c.path, c.before, c.after, c.expected, c.reason) for c in changes] == [
        ("packages/stowaway", None, "version=1, state=install ok installed", False, ""),
        ("packages/thing/version", "1.0", "2.0", True, "it is what we upgrade"),
    ]


def test_two_runners_of_one_run_on_one_cell_are_an_error(world: World) -> None:
    context = world.context()
    with Runner(cell(), context), pytest.raises(HarnessError) as caught, Runner(cell(), context):
        pass
    assert str(caught.value) == (
        "two workers hold the cell example-1-amd64.container.thing-1-to-2\n"
        "To do: a pytest plugin has replaced the scheduler: run without it"
    )


def test_a_cell_is_free_again_after_its_runner(world: World) -> None:
    context = world.context()
    for _ in range(2):
        with Runner(cell(), context) as runner:
            runner.reach("installed")
