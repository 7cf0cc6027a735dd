"""dpkg and apt are in order, and no package was lost in the upgrade."""

import pytest
from debian.debian_support import Version

from upgradeproof.plan import Expectations
from upgradeproof.probes.health import Health
from upgradeproof.probes.package_changes import distribution_upgraded, renumbered, successor
from upgradeproof.probes.packages import Packages
from upgradeproof.runner import State


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


def how_lost(name: str, installed: State, upgraded: State) -> str:
    before, after = installed[Packages], upgraded[Packages]
    why = "" if before[name].auto else " was installed by hand, and the upgrade removed it"
    breaking = [
        other
        for other, package in after.items()
        if name in package.breaks and package.installed and other != name
    ]
    if breaking:
        why += f" ({', '.join(breaking)} can't be installed together with it)"
    if other := renumbered(name, before, after):
        why += f"; {other} was installed, which has its name with another number"
    return f"{name}{why}"


def test_no_package_is_lost(installed: State, upgraded: State, expectations: Expectations) -> None:
    """An upgrade may remove packages; the plan specifies which removals are expected.

    A change of every version does not explain the loss of a package that a user installed. An
    upgrade of the distribution may remove packages that only other packages needed; a renamed
    package is not lost.
    """
    before, after = installed[Packages], upgraded[Packages]
    dependencies_may_go = distribution_upgraded(installed.facts.sections, upgraded.facts.sections)
    lost = [
        name
        for name, package in before.items()
        if package.installed
        and not (name in after and after[name].installed)
        and not (package.auto and dependencies_may_go)
        and not successor(name, before, after)
        and not expectations.reason_for(f"packages/{name}", "removed")
    ]
    sentences = [how_lost(name, installed, upgraded) for name in lost]
    assert not lost, "removed by the upgrade: " + "\n".join(sentences)


def test_no_package_is_kept_back(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    """After an upgrade of the distribution no package waits for the version of the new release."""
    if not distribution_upgraded(installed.facts.sections, upgraded.facts.sections):
        pytest.skip("the operating system has the same version as before")
    before = installed[Packages]
    kept_back = [
        f"{name} stays at {package.version} although {package.upgradable} is available"
        for name, package in upgraded[Packages].items()
        if package.upgradable
        and package.installed
        and not package.held
        and name in before
        and before[name].version == package.version
        and not expectations.reason_for(f"packages/{name}/version", "kept back")
    ]
    assert not kept_back, "\n".join(kept_back)


def test_no_package_that_was_asked_for_becomes_obsolete(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    before = installed[Packages]
    obsolete = [
        f"{name} {package.version} was installed by hand, and no configured archive offers it now"
        for name, package in upgraded[Packages].items()
        if package.installed
        and package.obsolete
        and not (package.auto or package.library)
        and name in before
        and not before[name].obsolete
        and not expectations.reason_for(f"packages/{name}/obsolete", "no longer offered")
    ]
    assert not obsolete, "\n".join(obsolete)


def test_recommended_package_is_still_there(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    """A removal of a recommended package raises no error; something may need the package."""
    before, after = installed[Packages], upgraded[Packages]
    here = {name for name, package in before.items() if package.installed}
    there = here | {provided for name in here for provided in before[name].provides}
    missing = [
        f"{name} recommends {wanted}, which was installed before the upgrade"
        for name, package in after.items()
        if package.installed and name in here
        for wanted in package.unmet
        if wanted not in before[name].unmet
        and there & set(wanted.split(" | "))
        and not expectations.reason_for(f"packages/{name}/unmet", "changed")
    ]
    assert not missing, "\n".join(missing)


def test_package_of_a_service_is_not_left_to_autoremove(
    installed: State, rebooted: State, expectations: Expectations
) -> None:
    """What runs a service of the plan must not go with the next ``apt autoremove``.

    Asked after a boot: until then a service may still run the interpreter from before.
    """
    before = installed[Packages]
    units = {name: name.removesuffix(".service") for name in expectations.units_in("rebooted")}
    doomed = [
        f"{name} runs {unit}, and `apt autoremove` would remove it: no package depends on it now"
        for name, package in rebooted[Packages].items()
        if package.autoremovable
        and not (name in before and before[name].autoremovable)
        and not expectations.reason_for(f"packages/{name}/autoremovable", "changed")
        for unit in package.runs
        if any(unit == name or unit.startswith(f"{stem}@") for name, stem in units.items())
    ]
    assert not doomed, "\n".join(doomed)


@pytest.mark.subject("package")
def test_package_is_still_installed(upgraded: State, package: str) -> None:
    assert upgraded[Packages][package].installed, upgraded[Packages][package].state


@pytest.mark.subject("package")
def test_package_does_not_become_obsolete(installed: State, upgraded: State, package: str) -> None:
    before, after = installed[Packages].get(package), upgraded[Packages][package]
    runs = f", and {', '.join(after.runs)} still runs on it" if after.runs else ""
    assert (before and before.obsolete) or not after.obsolete, (
        f"no configured archive offers {package} {after.version} any more{runs}"
    )


def test_hold_is_preserved(installed: State, upgraded: State) -> None:
    held = {name for name, package in installed[Packages].items() if package.held}
    held_after = {name for name, package in upgraded[Packages].items() if package.held}
    assert held == held_after, (
        f"holds lost: {sorted(held - held_after)}, gained: {sorted(held_after - held)}"
    )
