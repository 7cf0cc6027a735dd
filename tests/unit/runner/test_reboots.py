"""The booted states: a clone boots again, and only effects of the upgrade are judged."""

from __future__ import annotations

import socket

import pytest

from tests.unit.runner.fakes import FolderBackend
from tests.unit.runner.world import INSTALL, UPGRADE, World, cell
from tests.unit.suites.states import state_with
from upgradeproof.errors import BootError, NotReachedError
from upgradeproof.probes.journal import Journal, JournalError
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.services import Services
from upgradeproof.results import Verdict
from upgradeproof.runner.reboots import changes
from upgradeproof.runner.state import State
from upgradeproof.states import StateName

AT_BOOT = "echo 'echo 1 >packages/{name}' >at-boot"


def test_a_clone_of_each_release_boots_again(world: World) -> None:
    with world.runner() as runner:
        rebooted = runner.reach("rebooted")
        before = runner.reach("installed_rebooted")
    assert rebooted[Packages]["thing"].version == "2.0"
    assert before[Packages]["thing"].version == "1.0"
    assert [line for line in world.log if "clone" in line] == [
        *("start clone from snapshot", "end clone"),
        *("start clone from snapshot", "end clone"),
    ]


def test_the_machine_that_is_upgraded_is_never_booted_for_it(world: World) -> None:
    with world.runner() as runner:
        upgraded = runner.reach("upgraded")
        runner.reach("rebooted")
        assert upgraded.machine.name.endswith("main-1")


def test_a_change_of_only_the_new_releases_boot_is_a_regression(world: World) -> None:
    with world.runner(cell(upgrade=f"{UPGRADE}; {AT_BOOT.format(name='ghost')}")) as runner:
        rebooted = runner.reach("rebooted")
    assert [change.path for change in rebooted.regressions] == ["packages/ghost"]


def test_a_change_of_every_boot_is_no_regression(world: World) -> None:
    with world.runner(cell(install=f"{INSTALL}; {AT_BOOT.format(name='usual')}")) as runner:
        rebooted = runner.reach("rebooted")
        before = runner.reach("installed_rebooted")
    assert rebooted.changes == ()
    assert [(change.path, change.expected, change.source) for change in before.changes] == [
        ("packages/usual", True, "boot")
    ]


@pytest.mark.parametrize(("version", "regressions"), [("2", []), ("b", ["packages/usual"])])
def test_the_next_releases_boot_may_change_it_to_another_number_only(
    world: World, version: str, regressions: list[str]
) -> None:
    again = AT_BOOT.format(name="usual").replace("echo 1", f"echo {version}")
    install = f"{INSTALL}; {AT_BOOT.format(name='usual')}"
    with world.runner(cell(install=install, upgrade=f"{UPGRADE}; {again}")) as runner:
        rebooted = runner.reach("rebooted")
    assert [change.path for change in rebooted.regressions] == regressions


def test_an_error_that_is_no_difference_of_the_old_releases_boot_is_no_regression() -> None:
    """It was there before that boot, too; the upgrade's own log does not have it."""
    error = JournalError(unit="a.service", priority=3, count=1, sample="x")

    def state(*errors: str) -> State:
        records = {f"a.service: {key}": error for key in errors}
        return state_with({Services: {}, Packages: {}, Journal: records})

    reached = {
        StateName.INSTALLED: state("x"),
        StateName.INSTALLED_REBOOTED: state("x"),
        StateName.UPGRADED: state(),
    }
    now = state("x", "y").facts
    found = changes(cell(), StateName.REBOOTED, now, reached)
    assert [change.path for change in found] == ["journal/a.service: y"]


def test_the_plan_may_expect_a_change_of_a_boot(world: World) -> None:
    known = {"facts": ["packages/ghost"], "reason": "made at the first boot"}
    upgrade = f"{UPGRADE}; {AT_BOOT.format(name='ghost')}"
    with world.runner(cell(upgrade=upgrade, expect={"change": [known]})) as runner:
        assert runner.reach("rebooted").regressions == ()


def test_a_booted_state_is_reused_by_another_run(world: World) -> None:
    for _ in range(2):
        with world.runner() as runner:
            runner.reach("rebooted")
    assert [world.state(name).reused for name in ("installed_rebooted", "rebooted")] == [True, True]
    assert world.log.count("start clone from snapshot") == 2


def test_a_machine_that_does_not_boot_again_is_failed(world: World) -> None:
    world.backend = FolderBackend(world.folder / "backend", kernel="own")
    with world.runner(cell(upgrade=f"{UPGRADE}; echo no root disk >panic")) as runner:
        with pytest.raises(BootError, match="no root disk"):
            runner.reach("rebooted")
        with pytest.raises(NotReachedError):
            runner.reach("rebooted")
        assert runner.reach("upgraded")[Packages]["thing"].version == "2.0"
    assert world.state("rebooted").verdict is Verdict.FAILED
    assert world.state("installed_rebooted").verdict is Verdict.PASSED


def test_a_clone_is_booted_again_and_read(world: World) -> None:
    world.backend = FolderBackend(world.folder / "backend", kernel="own")
    with world.runner() as runner, runner.clone("upgraded") as machine:
        machine.run("echo 3.0 >packages/thing")
        again = runner.boot_again(machine, "upgraded")
        assert again[Packages]["thing"].version == "3.0"
        assert runner.reach("upgraded")[Packages]["thing"].version == "2.0"
        assert (again.name, again.changes, again.machine) == ("upgraded", (), machine)


def test_a_product_that_is_not_ready_after_a_boot_is_an_error_of_the_boot(world: World) -> None:
    world.backend = FolderBackend(world.folder / "backend", kernel="own")
    with world.runner() as runner, runner.clone("upgraded") as machine:
        machine.run("echo thingd is inactive >not-ready")
        with pytest.raises(BootError) as caught:
            runner.boot_again(machine, "upgraded")
    assert str(caught.value) == f"{machine.name} booted, and is not in use\nthingd is inactive"


def test_each_port_of_the_plan_without_an_endpoint_gets_one_client(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        expect = {"port": [{"port": server.getsockname()[1]}]}
        with world.runner(cell(expect=expect)) as runner:
            runner.reach("installed_rebooted")
        server.settimeout(0)
        client, _ = server.accept()
        client.close()
        with pytest.raises(BlockingIOError):
            server.accept()
