"""A field case is valid only if its fault is present after the upgrade and absent before it."""

import pytest

from upgradeproof.field_cases.catalogue import CASE, Case
from upgradeproof.plan.loading import load
from upgradeproof.runner import State

pytestmark = pytest.mark.destructive
TIMEOUT_S = 120.0


def shows(state: State) -> bool:
    case = load(state.cell.plan.folder / CASE, Case)
    return state.machine.run(f"set -e\n{case.fault_script}", timeout_s=TIMEOUT_S).ok


def test_fault_shows_after_the_upgrade(upgraded: State) -> None:
    assert shows(upgraded), "the fault of this case does not show after the upgrade"


def test_fault_does_not_show_before_the_upgrade(installed: State) -> None:
    assert not shows(installed), "the fault of this case shows before the upgrade, too"
