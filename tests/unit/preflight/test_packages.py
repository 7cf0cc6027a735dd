"""Held packages, and a broken state of dpkg or apt."""

from __future__ import annotations

from tests.unit.preflight.situations import found, package
from upgradeproof.probes.health import Health, HealthCheck
from upgradeproof.probes.packages import Packages

THING = {"thing": package("1.0")}


def test_a_held_package_of_the_release_is_an_inhibitor() -> None:
    assert found({Packages: {"thing": package("1.0", "hold ok installed")}}) == [
        (
            "inhibitor held/thing: the package thing is held at 1.0\n"
            "  2 needs thing 2.*, and APT does not upgrade a held package.\n"
            "  To do: apt-mark unhold thing"
        )
    ]


def test_a_held_package_that_has_the_new_version_is_info() -> None:
    (only,) = found({Packages: {"thing": package("2.0", "hold ok installed")}})
    assert only.startswith("info held/thing: ")


def test_another_held_package_is_info() -> None:
    assert found({Packages: {**THING, "other": package("5", "hold ok installed")}}) == [
        (
            "info held/other: the package other is held at 5\n"
            "  APT upgrades neither it nor what depends on another version of it.\n"
            "  To do: apt-mark unhold other"
        )
    ]


def test_a_package_that_is_not_configured_is_an_inhibitor() -> None:
    half = package("5", "install ok half-configured")
    assert found({Packages: {**THING, "half": half}}) == [
        (
            "inhibitor dpkg/half-configured: "
            "not completely installed: half (install ok half-configured)\n"
            "  An upgrade starts with these packages, and may fail there.\n"
            "  To do: dpkg --configure --pending"
        )
    ]


def test_configuration_that_a_removed_package_left_is_no_finding() -> None:
    assert found({Packages: {**THING, "gone": package("5", "deinstall ok config-files")}}) == []


def test_a_problem_of_dpkg_or_apt_is_an_inhibitor_and_is_quoted() -> None:
    health = {
        "dpkg-audit": HealthCheck(sound=False, output="one\ntwo\nthree\nfour\nfive\nsix"),
        "apt-check": HealthCheck(sound=False),
        "interrupted": HealthCheck(sound=True),
        "apt-archives": HealthCheck(sound=False),
    }
    assert found({Health: health}) == [
        (
            "inhibitor dpkg/apt-check: apt-get check reports an error\n"
            "  It printed nothing else.\n"
            "  To do: apt-get --fix-broken install; or correct the setting that the message names"
        ),
        (
            "inhibitor dpkg/dpkg-audit: dpkg finds packages in a bad state\n"
            "  one\n  two\n  three\n  four\n  five\n  ...\n"
            "  To do: dpkg --configure --pending"
        ),
    ]
