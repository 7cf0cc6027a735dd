"""The reason of a removed unit: one sentence that names its package."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from upgradeproof.probes import Facts
from upgradeproof.probes.lost_units import why_lost
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.services import Service, Services

UP = Service(enabled="enabled", active="active", sub="running")
CLOCK = Package(version="4.2", state="install ok installed")
SECURE = Package(
    version="1.2", state="install ok installed", replaces=("clock",), breaks=("clock",)
)


def facts(units: Mapping[str, str], **packages: Package) -> Facts:
    """Return the facts of a machine with units of packages, and packages."""
    return Facts(
        {
            Services.section: {
                f"{name}.service": UP.model_copy(update={"package": package})
                for name, package in units.items()
            },
            Packages.section: packages,
        }
    )


BEFORE = facts({"clock": "clock", "own": ""}, clock=CLOCK)


@pytest.mark.parametrize(
    ("unit", "after", "sentence"),
    [
        ("never.service", facts({}), "there is no never.service"),
        ("own.service", facts({}), "own.service is gone; no package brought it"),
        (
            "clock.service",
            facts({}),
            "clock.service is gone; the package clock brought it, which is not installed any more",
        ),
        (
            "clock.service",
            facts({}, clock=CLOCK.model_copy(update={"version": "5.0"})),
            (
                "clock.service is gone; the package clock brought it, and its version 5.0 does not"
                " bring it any more (4.2 did)"
            ),
        ),
        (
            "clock.service",
            facts({"secure-clock": "secure", "secure-stats": "secure"}, secure=SECURE),
            (
                "clock.service is gone; the package clock brought it, which secure replaced;"
                " its units: secure-clock.service, secure-stats.service"
            ),
        ),
        (
            "clock.service",
            facts({}, secure=SECURE),
            (
                "clock.service is gone; the package clock brought it, which secure replaced,"
                " which has no unit"
            ),
        ),
    ],
)
def test_a_lost_unit_is_explained_by_its_package(unit: str, after: Facts, sentence: str) -> None:
    assert why_lost(unit, BEFORE, after) == sentence
