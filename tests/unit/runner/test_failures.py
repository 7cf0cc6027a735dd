"""A failure of a cell is reported once, with its first cause, and never retried."""

from __future__ import annotations

import pytest

from tests.unit.runner.fakes import FolderBackend, OneImage
from tests.unit.runner.world import INSTALL, World, cell
from upgradeproof.errors import (
    BackendError,
    BootError,
    ChannelError,
    HarnessError,
    ImageError,
    NotReachedError,
    NotReadyError,
    ProofError,
    StepError,
    StepTimeoutError,
    UpgradeproofError,
)
from upgradeproof.plan import Cell
from upgradeproof.probes.stale import Stale
from upgradeproof.results import Verdict

DATA = {"id": "note", "write": "echo hi >note", "read": "cat note", "equals": "hi"}


def failure(world: World, on: Cell, state: str = "upgraded") -> UpgradeproofError:
    """Return the error that prevents a state."""
    with world.runner(on) as runner, pytest.raises(UpgradeproofError) as caught:
        runner.reach(state)
    return caught.value


def test_a_step_that_fails_is_the_products_failure(world: World) -> None:
    error = failure(world, cell(upgrade="echo reason; echo why >&2; exit 7; echo not here"))
    assert isinstance(error, StepError)
    assert str(error) == (
        "the step 'echo reason; echo why >&2; exit 7; echo not here' failed with exit status 7\n"
        "reason\nwhy\n"
        "To do: the whole output is in the step's transcript"
    )
    state = world.state("upgraded")
    assert (state.verdict, state.reason) == (Verdict.FAILED, str(error))
    assert [step.exit_status for step in state.steps] == [7]


def test_a_script_ends_at_its_first_command_that_fails(world: World) -> None:
    error = failure(world, cell(upgrade="false\necho went on"))
    assert error.details == ""


def test_a_step_that_waits_at_a_prompt_is_stopped_with_the_prompt_in_the_error(
    world: World,
) -> None:
    script = "printf 'Restart services? [y/N] '; sleep 60"
    step = {"step": "run", "title": "upgrade", "script": script, "timeout_s": 0.3}
    error = failure(world, cell(upgrade=[step]))
    assert isinstance(error, StepTimeoutError)
    assert str(error) == (
        "the step 'upgrade' did not end in 0.3 s and was ended\n"
        "Restart services? [y/N]\n"
        "To do: its last output is above: if it is a prompt, answer it in the plan"
    )
    state = world.state("upgraded")
    assert (state.verdict, state.steps[0].exit_status) == (Verdict.FAILED, None)


def test_an_upgrade_that_did_nothing_is_failed(world: World) -> None:
    error = failure(world, cell(upgrade="true"))
    assert isinstance(error, ProofError)
    assert str(error) == (
        "the upgrade to 2 did not happen, though every step succeeded\n"
        "thing: 1.0, where 2.* was expected\n"
        "nothing changed that the releases name: neither a package nor the kernel\n"
        "To do: see the transcripts: held packages, unchanged sources"
    )
    assert world.state("upgraded").verdict is Verdict.FAILED


def test_a_change_of_another_package_proves_no_upgrade(world: World) -> None:
    releases = [
        {"name": "1", "packages": {"thing": "*"}},
        {"name": "2", "packages": {"thing": "*"}},
    ]
    install = f"{INSTALL}; echo 1.0 >packages/other"
    error = failure(
        world, cell(install=install, upgrade="echo 2.0 >packages/other", release=releases)
    )
    assert error.details == (
        "nothing changed that the releases name: neither a package nor the kernel"
    )


def test_an_upgrade_that_removes_the_package_is_failed(world: World) -> None:
    error = failure(world, cell(upgrade="rm packages/thing"))
    assert error.details == "thing: not installed, where 2.* was expected"


def test_a_service_that_was_not_restarted_is_left_to_the_checks(world: World) -> None:
    """The upgrade happened: the facts are needed to see why the service was not restarted."""
    stale = (
        "file\\t42\\t/usr/sbin/thingd (deleted)\\n"
        "process\\t42\\t/usr/sbin/thingd (deleted)\\t0::/system.slice/thingd.service\\n"
    )
    steps = f"echo 2.0 >packages/thing; printf '{stale}' >stale"
    with world.runner(cell(upgrade=steps, expect={"services": ["thingd"]})) as runner:
        upgraded = runner.reach("upgraded")
    assert upgraded[Stale]["thingd.service"].old == ("/usr/sbin/thingd",)


def test_a_service_with_an_old_library_is_left_to_the_checks(world: World) -> None:
    stale = (
        "file\\t42\\t/usr/lib/libc.so (deleted)\\n"
        "process\\t42\\t/usr/sbin/thingd\\t0::/system.slice/thingd.service\\n"
    )
    steps = f"echo 2.0 >packages/thing; printf '{stale}' >stale"
    with world.runner(cell(upgrade=steps, expect={"services": ["thingd"]})) as runner:
        runner.reach("upgraded")


def test_a_wrong_old_release_is_not_ready(world: World) -> None:
    error = failure(world, cell(install="mkdir packages; echo 3.1 >packages/thing"))
    assert isinstance(error, NotReadyError)
    assert str(error) == (
        "what is installed is not the release 1: there is nothing to upgrade\n"
        "thing: 3.1, where 1.* was expected\n"
        "To do: fix the install steps, or the release's packages in the plan"
    )


def test_an_old_release_that_never_becomes_ready_is_an_error(world: World) -> None:
    broken = f"{INSTALL}; echo thingd is failed >not-ready"
    error = failure(world, cell(install=broken, expect={"services": ["thingd"]}, ready_timeout_s=2))
    assert isinstance(error, NotReadyError)
    assert str(error) == (
        "the old release is not in use (time limit: 2 s)\n"
        "thingd is failed\n"
        "To do: see the transcripts, and journal.log in the cell's evidence"
    )


def test_a_new_release_that_never_becomes_ready_is_left_to_the_checks(world: World) -> None:
    steps = "echo 2.0 >packages/thing; echo thingd is failed >not-ready"
    with world.runner(cell(upgrade=steps)) as runner:
        runner.reach("upgraded")


def test_data_that_can_not_be_read_back_is_not_ready(world: World) -> None:
    data = {**DATA, "write": "echo lost >note"}
    error = failure(world, cell(expect={"data": [data]}), "installed")
    assert isinstance(error, NotReadyError)
    assert str(error) == (
        "the data 'note' can't be read back before the upgrade\n"
        "expected 'hi', found 'lost' with exit status 0\n"
        "To do: fix `write`, `read` or `equals` in the plan"
    )


def test_data_that_can_not_be_written_is_a_failed_step(world: World) -> None:
    data = {**DATA, "write": "false\necho hi >note"}
    error = failure(world, cell(expect={"data": [data]}), "installed")
    assert error.brief == "the step 'write note through the service' failed with exit status 1"


def test_data_is_read_through_the_service(world: World) -> None:
    on = cell(expect={"data": [DATA]}, upgrade="echo 2.0 >packages/thing; rm note")
    with world.runner(on) as runner:
        installed, upgraded = runner.reach("installed"), runner.reach("upgraded")
        data = on.expect.data[0]
        assert installed.read(data) == "hi"
        assert upgraded.read(data).startswith("exit status 1: ")


def test_the_first_cause_is_raised_once_and_then_named(world: World) -> None:
    with world.runner(cell(install="exit 1")) as runner:
        with pytest.raises(StepError) as first:
            runner.reach("upgraded")
        for state in ("upgraded", "installed", "upgraded"):
            with pytest.raises(NotReachedError) as caught:
                runner.reach(state)
            assert str(caught.value) == (
                f"{state} was not reached: the step 'exit 1' failed with exit status 1"
            )
            assert caught.value.__cause__ is first.value
    assert world.log == ["start main from image", "end main"]


def test_after_a_failed_upgrade_the_old_state_is_available(world: World) -> None:
    with world.runner(cell(upgrade="exit 1")) as runner:
        with pytest.raises(StepError):
            runner.reach("upgraded")
        assert runner.reach("installed").machine.run("cat packages/thing").text == "1.0"
    assert world.log[-4:] == [
        "keep installed",
        "end main",
        "start installed from snapshot",
        "end installed",
    ]


def test_the_logs_of_a_failed_machine_are_stored(world: World) -> None:
    failure(world, cell(install="exit 1"))
    evidence = world.folder / "reports" / "evidence" / cell().id / "installed"
    assert (evidence / "console.log").read_text() == "a line of the console\n"
    assert (evidence / "journal.log").read_text() == "a line of the machine's journal"
    assert "01-exit-1.log" in [path.name for path in evidence.iterdir()]


def test_a_machine_that_ends_during_a_step_is_broken(world: World) -> None:
    error = failure(world, cell(install="touch dead"))
    assert isinstance(error, ChannelError)
    assert world.state("installed").verdict is Verdict.BROKEN


def test_a_machine_that_does_not_boot_fails_by_its_first_cause(world: World) -> None:
    """Reading the journal of the machine fails as well: it must not replace the first cause."""
    world.backend = FolderBackend(world.folder / "backend", kernel="own")
    breaks = {"step": "run", "script": "echo no root disk >panic"}
    error = failure(world, cell(upgrade=[breaks, {"step": "reboot"}]))
    assert isinstance(error, BootError)
    assert error.brief.endswith(" does not boot: no root disk")
    state = world.state("upgraded")
    assert (state.verdict, state.reason) == (Verdict.FAILED, str(error))
    evidence = world.folder / "reports" / "evidence" / cell().id / "upgraded"
    assert (evidence / "console.log").read_text() == "a line of the console\n"


def test_without_an_image_the_state_never_ran(world: World) -> None:
    world.images = OneImage(ImageError("there is no image for example-1"))
    assert isinstance(failure(world, cell()), ImageError)
    base = world.state("base")
    assert (base.verdict, base.reason) == (Verdict.NEVER_RAN, "there is no image for example-1")
    assert world.log == []


def test_an_unexpected_error_is_broken_and_never_retried(world: World) -> None:
    (world.folder / "backend" / "running").touch()  # a file where machines need a folder
    with world.runner() as runner:
        with pytest.raises(NotADirectoryError):
            runner.reach("installed")
        with pytest.raises(NotReachedError) as caught:
            runner.reach("installed")
    assert str(caught.value) == (
        "installed was not reached: NotADirectoryError(20, 'Not a directory')"
    )
    assert isinstance(caught.value.__cause__, NotADirectoryError)
    assert world.state("installed").verdict is Verdict.BROKEN


def test_a_failed_snapshot_changes_no_verdict(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.backend.full = True
    with world.runner() as runner:
        assert runner.reach("installed").facts
        assert runner.reach("upgraded").machine.run("cat packages/thing").text == "2.0"
    assert [record.getMessage() for record in caplog.records] == [
        f"{cell().id}: the state {state} was not saved: no space left for a snapshot"
        for state in ("installed", "upgraded")
    ]


def test_a_machine_from_a_failed_snapshot_is_an_error(world: World) -> None:
    world.backend.full = True
    with world.runner() as runner:
        installed = runner.reach("installed")
        runner.reach("upgraded")
        with pytest.raises(HarnessError, match="no space left for a snapshot"):
            installed.machine.run("true")


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (StepError("x"), Verdict.FAILED),
        (ProofError("x"), Verdict.FAILED),
        (NotReadyError("x"), Verdict.FAILED),
        (ImageError("x"), Verdict.NEVER_RAN),
        (BackendError("x"), Verdict.NEVER_RAN),
        (NotReachedError("x"), Verdict.NEVER_RAN),
        (ChannelError("x"), Verdict.BROKEN),
        (HarnessError("x"), Verdict.BROKEN),
        (KeyError("x"), Verdict.BROKEN),
    ],
)
def test_an_errors_kind_decides_the_verdict(error: Exception, verdict: Verdict) -> None:
    assert Verdict.of(error) is verdict
