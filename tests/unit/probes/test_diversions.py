"""Diversions: how dpkg's file is read, and which changes follow from a package."""

from __future__ import annotations

import pytest

from upgradeproof.probes import Facts, diff
from upgradeproof.probes.diversions import Diversion, Diversions
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package, Packages

OURS = Diversion(to="/usr/bin/logger.real", package="acme")


def test_three_lines_are_a_diversion() -> None:
    text = "/bin/logger\n/bin/logger.real\nacme\n/usr/lib/a.so\n/usr/lib/b.so\n:\n"
    assert Diversions.parse(text, ProbeInputs()) == {
        "/usr/bin/logger": OURS,
        "/usr/lib/a.so": Diversion(to="/usr/lib/b.so"),
    }
    assert Diversions.parse("", ProbeInputs()) == {}


def facts(version: str, system: str, diversion: Diversion | None) -> Facts:
    state = "install ok installed" if version else "unknown ok not-installed"
    return Facts(
        {
            Packages.section: {"acme": Package(version=version, state=state)},
            "system": {"system": OperatingSystem(state="running", id="debian", version=system)},
            "diversions": {"/usr/bin/logger": diversion} if diversion else {},
        }
    )


@pytest.mark.parametrize(
    ("before", "after", "known"),
    [
        (facts("1", "12", None), facts("2", "12", OURS), False),
        (facts("1", "12", None), facts("2", "13", OURS), True),
        (facts("", "12", None), facts("2", "12", OURS), True),
        (facts("1", "12", OURS), facts("2", "12", None), True),
        (facts("2", "12", None), facts("2", "13", OURS), False),
        (facts("1", "12", None), facts("2", "13", Diversion(to="/a")), False),
    ],
    ids=["new", "distribution", "new package", "ended", "same package", "of no package"],
)
def test_a_package_that_was_there_makes_no_new_diversion(
    before: Facts, after: Facts, *, known: bool
) -> None:
    (line,) = (line for line in diff(before, after) if line.path.startswith("diversions/"))
    assert bool(Diversions.explain(line, before, after)) is known
