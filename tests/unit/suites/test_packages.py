"""The checks of packages that an upgrade removes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from suites import test_packages as suite
from suites.test_packages import test_no_package_is_lost as check
from tests.unit.suites.states import state
from upgradeproof.plan import Expectations
from upgradeproof.probes import Facts
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.runner import State


def state_with(*packages: str, auto: Sequence[str] = ()) -> State:
    """Return a state in which packages are installed, some only because others need them."""
    found = {
        name: Package(version="1", state="install ok installed", auto=name in auto)
        for name in packages
    }
    sound = state()
    facts = Facts({Packages.section: found})
    return State("any", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def expecting(*globs: str, kind: str | None = None) -> Expectations:
    change = {"facts": globs, "kind": kind, "reason": "every version changes"}
    return Expectations.model_validate({"change": [change]})


def test_an_expected_change_of_all_versions_does_not_excuse_a_lost_package() -> None:
    before, after = state_with("a", "fail2ban"), state_with("a")
    for all_there_is in ("packages/*", "packages/fail*", "packages/?*"):
        with pytest.raises(AssertionError, match="removed by the upgrade: fail2ban"):
            check(before, after, expecting(all_there_is))


@pytest.mark.parametrize(
    ("glob", "kind"), [("packages/fail2ban", None), ("packages/fail*", "removed")]
)
def test_a_package_that_the_plan_names_may_be_removed(glob: str, kind: str | None) -> None:
    check(state_with("a", "fail2ban"), state_with("a"), expecting(glob, kind=kind))


def test_an_expected_change_of_all_versions_does_not_excuse_a_lost_dependency() -> None:
    before = state_with("a", "libssl1.1", auto=["libssl1.1"])
    check(before, state_with("a"), expecting("packages/libssl1.1"))
    with pytest.raises(AssertionError, match=r"removed by the upgrade: libssl1\.1"):
        check(before, state_with("a"), expecting("packages/*"))


NONE = Expectations()


def release(version: str, **packages: dict[str, Any]) -> State:
    """Return a state of a release of the operating system; packages by name, ``-`` as ``_``."""
    found = {
        name.replace("_", "-"): Package.model_validate(
            {"version": "1", "state": "install ok installed", **fields}
        )
        for name, fields in packages.items()
    }
    sound = state()
    system = OperatingSystem(state="running", id="os", version=version)
    facts = Facts({Packages.section: found, "system": {"system": system}})
    return State("any", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def test_a_package_installed_by_hand_is_lost_even_in_an_upgrade_of_the_distribution() -> None:
    before = release("1", rules_store={}, wall={})
    after = release("2", wall={"breaks": ("rules-store",)})
    with pytest.raises(AssertionError) as caught:
        check(before, after, expecting("packages/*"))
    assert str(caught.value).split("\n")[0] == (
        "removed by the upgrade: rules-store was installed by hand, and the upgrade removed it"
        " (wall can't be installed together with it)"
    )


def test_a_package_with_another_number_in_its_name_is_named() -> None:
    before, after = release("1", lang8_2_server={}), release("2", lang8_4_server={})
    with pytest.raises(AssertionError, match=r"; lang8-4-server was installed, which has its name"):
        check(before, after, NONE)


def test_a_renamed_package_and_a_dependency_are_not_lost() -> None:
    before = release("1", libold={}, libdep={"auto": True})
    renamed = {"replaces": ("libold",), "breaks": ("libold",)}
    check(before, release("2", libnew=renamed), NONE)
    check(before, release("2", libnew={"provides": ("libold",)}), NONE)
    with pytest.raises(AssertionError, match="libold was installed by hand"):
        check(before, release("2", other={"breaks": ("libold",)}), NONE)


def test_a_package_that_took_over_files_is_no_successor() -> None:
    taking = {"replaces": ("tool",), "breaks": ("tool",)}
    with pytest.raises(AssertionError, match="tool was installed by hand"):
        check(release("1", tool={}, other={}), release("2", other=taking), NONE)


def test_a_package_that_waits_for_its_new_version_is_kept_back() -> None:
    before = release("1", wall={}, held={}, new={})
    after = release(
        "2",
        wall={"upgradable": "2"},
        held={"upgradable": "2", "state": "hold ok installed"},
        new={"version": "1.5", "upgradable": "2"},
    )
    with pytest.raises(AssertionError) as caught:
        suite.test_no_package_is_kept_back(before, after, expecting("packages/*"))
    expected = "wall stays at 1 although 2 is available"
    assert str(caught.value).split("\n")[0] == expected
    suite.test_no_package_is_kept_back(before, after, expecting("packages/wall/version"))
    with pytest.raises(pytest.skip.Exception, match="the same version"):
        suite.test_no_package_is_kept_back(before, release("1"), NONE)


def test_a_manual_package_without_an_archive_is_reported() -> None:
    obsolete = {"obsolete": True}
    before = release("1", tool={}, lib={}, dep={"auto": True}, own=obsolete)
    after = release(
        "2",
        tool=obsolete,
        lib={"library": True, **obsolete},
        dep={"auto": True, **obsolete},
        own=obsolete,
    )
    with pytest.raises(AssertionError) as caught:
        suite.test_no_package_that_was_asked_for_becomes_obsolete(before, after, NONE)
    expected = "tool 1 was installed by hand, and no configured archive offers it now"
    assert str(caught.value).split("\n")[0] == expected


def test_a_package_without_an_archive_is_reported_with_its_services() -> None:
    left = {"version": "15.1", "auto": True, "obsolete": True, "runs": ("db@15.service",)}
    before = release("1", db={"version": "15.1", "auto": True}, old={"obsolete": True})
    after = release("2", db=left, old={"obsolete": True}, tool={"obsolete": True})
    with pytest.raises(AssertionError) as caught:
        suite.test_package_does_not_become_obsolete(before, after, "db")
    assert str(caught.value).split("\n")[0] == (
        "no configured archive offers db 15.1 any more, and db@15.service still runs on it"
    )
    suite.test_package_does_not_become_obsolete(before, after, "old")
    with pytest.raises(AssertionError, match=r"offers tool 1 any more\nassert"):
        suite.test_package_does_not_become_obsolete(before, after, "tool")


def test_a_removed_recommended_package_is_reported() -> None:
    before = release("1", tool={}, helper={"auto": True})
    after = release("2", tool={"unmet": ("helper | other", "never")})
    with pytest.raises(AssertionError) as caught:
        suite.test_recommended_package_is_still_there(before, after, NONE)
    expected = "tool recommends helper | other, which was installed before the upgrade"
    assert str(caught.value).split("\n")[0] == expected
    suite.test_recommended_package_is_still_there(release("1", tool={}), after, NONE)


def test_a_package_of_a_service_of_the_plan_must_not_be_autoremovable() -> None:
    unit = {"autoremovable": True, "runs": ("db@1-main.service",)}
    before, after = release("1", db_1={}), release("2", db_1=unit)
    with pytest.raises(AssertionError) as caught:
        suite.test_package_of_a_service_is_not_left_to_autoremove(
            before, after, Expectations(services=("db",))
        )
    assert str(caught.value).split("\n")[0] == (
        "db-1 runs db@1-main.service, and `apt autoremove` would remove it:"
        " no package depends on it now"
    )
    suite.test_package_of_a_service_is_not_left_to_autoremove(
        before, after, Expectations(services=("web",))
    )
