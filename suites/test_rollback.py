"""The product's own way back: what was before is again, equal and not only similar."""

import pytest

from upgradeproof.journey import State
from upgradeproof.plan import Data
from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.services import Services


def test_package_is_what_it_was(installed: State, rolled_back: State, old_package: str) -> None:
    before, after = installed[Packages][old_package], rolled_back[Packages].get(old_package)
    assert after == before, f"{old_package} was {before.version} before the upgrade, and is {after}"


def test_service_is_active_again(rolled_back: State, service: str) -> None:
    found = rolled_back[Services][f"{service}.service"].active
    assert found == "active", f"{service} is {found} after the rollback"


def test_data_written_before_the_upgrade_is_read(rolled_back: State, data: Data) -> None:
    assert rolled_back.read(data) == data.gives


@pytest.mark.own_kernel
def test_the_old_kernel_runs_again(installed: State, rolled_back: State) -> None:
    before, after = installed[Kernel]["running"].release, rolled_back[Kernel]["running"].release
    assert after == before, f"{after} runs, where {before} ran before the upgrade"


def test_nothing_else_stays_changed(rolled_back: State) -> None:
    left = [
        f"{change.path}: {change.before or '(nothing)'} -> {change.after or '(nothing)'}"
        for change in rolled_back.regressions
    ]
    assert not left, "\n".join(["not as it was, and not named in left_behind:", *left])
