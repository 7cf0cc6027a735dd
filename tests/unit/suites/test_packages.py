"""What the suite says of packages that an upgrade takes with it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from suites.test_packages import test_no_package_is_lost as check
from tests.unit.suites.states import state
from upgradeproof.journey import State
from upgradeproof.plan import Expectations
from upgradeproof.probes import Facts
from upgradeproof.probes.packages import Package, Packages


def standing(*packages: str, auto: Sequence[str] = ()) -> State:
    """Return a state in which packages are installed, some only because others need them."""
    found = {
        name: Package(version="1", state="install ok installed", auto=name in auto)
        for name in packages
    }
    sound = state()
    facts = Facts({Packages.section: found})
    return State("any", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def expecting(*globs: str) -> Expectations:
    change = {"facts": globs, "reason": "every version changes"}
    return Expectations.model_validate({"change": [change]})


def test_that_every_version_changes_is_no_reason_to_lose_one() -> None:
    before, after = standing("a", "fail2ban"), standing("a")
    for all_there_is in ("packages/*", "*", "packages/?*"):
        with pytest.raises(AssertionError, match="removed by the upgrade: fail2ban"):
            check(before, after, expecting(all_there_is))


@pytest.mark.parametrize("glob", ["packages/fail2ban", "packages/fail*"])
def test_a_package_that_the_plan_names_may_go(glob: str) -> None:
    check(standing("a", "fail2ban"), standing("a"), expecting("packages/*", glob))


def test_what_only_others_needed_goes_as_versions_do() -> None:
    before = standing("a", "libssl1.1", auto=["libssl1.1"])
    check(before, standing("a"), expecting("packages/*"))
    with pytest.raises(AssertionError, match=r"removed by the upgrade: libssl1\.1"):
        check(before, standing("a"), expecting("users/*"))
