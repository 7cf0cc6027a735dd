"""dpkg and apt are in order, and no package was lost on the way."""

from debian.debian_support import Version

from upgradeproof.journey import State
from upgradeproof.plan import Expectations
from upgradeproof.probes.health import Health
from upgradeproof.probes.packages import Packages


def test_dpkg_and_apt_are_sound(upgraded: State) -> None:
    unsound = [
        f"{name}: {check.output}" for name, check in upgraded[Health].items() if not check.sound
    ]
    assert not unsound, "\n".join(unsound)


def test_no_package_is_left_half_installed(upgraded: State) -> None:
    half = [
        f"{name}: {package.state}"
        for name, package in upgraded[Packages].items()
        if not (package.installed or package.residual)
    ]
    assert not half, "\n".join(half)


def test_no_package_went_back_to_an_older_version(installed: State, upgraded: State) -> None:
    before = installed[Packages]
    older = [
        f"{name}: {before[name].version} -> {package.version}"
        for name, package in upgraded[Packages].items()
        if name in before and Version(package.version) < Version(before[name].version)
    ]
    assert not older, "\n".join(older)


def test_no_package_is_lost(installed: State, upgraded: State, expectations: Expectations) -> None:
    """An upgrade of one package may take another one with it; the plan says what is meant to.

    That every version changes is no reason to lose what somebody asked for.
    """
    here = {name for name, package in upgraded[Packages].items() if package.installed}
    lost = [
        name
        for name, package in installed[Packages].items()
        if package.installed
        and name not in here
        and not expectations.reason_for(f"packages/{name}", named=not package.auto)
    ]
    assert not lost, f"removed by the upgrade: {', '.join(lost)}"


def test_package_is_still_installed(upgraded: State, package: str) -> None:
    assert upgraded[Packages][package].installed, upgraded[Packages][package].state


def test_package_does_not_become_obsolete(installed: State, upgraded: State, package: str) -> None:
    before, after = installed[Packages].get(package), upgraded[Packages][package]
    assert (before and before.obsolete) or not after.obsolete, (
        f"no configured archive offers {package} {after.version} any more"
    )


def test_hold_is_kept(installed: State, upgraded: State) -> None:
    held = {name for name, package in installed[Packages].items() if package.held}
    kept = {name for name, package in upgraded[Packages].items() if package.held}
    assert held == kept, f"holds lost: {sorted(held - kept)}, gained: {sorted(kept - held)}"
