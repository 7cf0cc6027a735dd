"""The product's rollback restores the old state exactly, and the upgrade can be applied again."""

import pytest

from upgradeproof.plan import Data
from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.services import Services
from upgradeproof.runner import State


@pytest.mark.subject("old_package")
def test_package_is_what_it_was(installed: State, rolled_back: State, old_package: str) -> None:
    before, after = installed[Packages][old_package], rolled_back[Packages].get(old_package)
    assert before.same_as(after), (
        f"{old_package} was {before.version} before the upgrade, and is {after}"
    )


def found_active(state: State, service: str) -> str:
    name = state.cell.expect.service_in(state.name, service)
    unit = state[Services].get(name or "")
    return unit.active if unit else "not there"


@pytest.mark.subject("old_service")
def test_service_is_active_again(rolled_back: State, old_service: str) -> None:
    found = found_active(rolled_back, old_service)
    assert found == "active", f"{old_service} is {found} after the rollback"


@pytest.mark.subject("data")
def test_data_written_before_the_upgrade_is_read(rolled_back: State, data: Data) -> None:
    assert rolled_back.read(data) == data.expected()


@pytest.mark.own_kernel
def test_the_old_kernel_runs_again(installed: State, rolled_back: State) -> None:
    before, after = installed[Kernel]["running"].release, rolled_back[Kernel]["running"].release
    assert after == before, f"{after} runs, where {before} ran before the upgrade"


def test_nothing_else_stays_changed(rolled_back: State) -> None:
    unexplained = rolled_back.unexplained
    assert not unexplained, unexplained


def test_rollback_keeps_its_limit(rolled_back: State) -> None:
    took_s, limit_s = rolled_back.took_s, rolled_back.cell.upgrade.rollback_limit_s
    took = f"the steps of the rollback took {took_s:.1f} s, where the plan allows {limit_s:g} s"
    if not rolled_back.fidelity.absolute_time:
        pytest.skip(f"{took}: under {rolled_back.fidelity.execution} that is no proof")
    assert took_s <= limit_s, took


def test_the_upgrade_applied_again_ends_in_the_same_facts(upgraded_again: State) -> None:
    unexplained = upgraded_again.unexplained
    assert not unexplained, unexplained


@pytest.mark.subject("service")
def test_service_is_active_after_the_upgrade_is_applied_again(
    upgraded_again: State, service: str
) -> None:
    found = found_active(upgraded_again, service)
    assert found == "active", f"{service} is {found} after the second upgrade"


@pytest.mark.subject("data")
def test_data_written_at_first_is_read_after_the_upgrade_is_applied_again(
    upgraded_again: State, data: Data
) -> None:
    assert upgraded_again.read(data) == data.expected()
