"""The upgrade really happened: the engine proved it before any check, here it is said."""

from fnmatch import fnmatchcase

from upgradeproof.journey import State
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.stale import Stale


def test_something_changed(upgraded: State) -> None:
    assert upgraded.changes, "the facts before and after are the same: nothing was upgraded"


def test_package_is_of_the_old_release_before(installed: State, old_package: str) -> None:
    expected = installed.cell.old.packages[old_package]
    found = installed[Packages][old_package].version
    assert fnmatchcase(found, expected), f"{old_package} is {found}, not {expected}"


def test_package_is_of_the_new_release_after(upgraded: State, package: str) -> None:
    expected = upgraded.cell.new.packages[package]
    found = upgraded[Packages][package].version
    assert fnmatchcase(found, expected), f"{package} is {found} after the upgrade, not {expected}"


def test_service_runs_the_binary_on_the_disk(upgraded: State, service: str) -> None:
    stale = upgraded[Stale].get(f"{service}.service")
    assert stale is None, f"{service} was not restarted: it still runs {', '.join(stale.old)}"
