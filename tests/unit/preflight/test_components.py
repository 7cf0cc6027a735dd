"""Installed components, compared with the ranges that the releases allow."""

from __future__ import annotations

from typing import Any

from tests.unit.preflight.situations import found, package
from upgradeproof.probes.components import Components, PrintedVersion
from upgradeproof.probes.packages import Packages

RANGE = {"min": "1.21.1", "max": "1.21.9", "supported": "1.21.3"}
NGINX = {
    "name": "NGINX",
    "package": "nginx",
    **RANGE,
    "consequence": "queue management module",
    "code": "E1102",
}


def judged(
    version: str,
    *,
    new: dict[str, Any] | None = None,
    old: dict[str, Any] | None = None,
    state: str = "install ok installed",
) -> list[str]:
    releases = [
        {"name": "1", "packages": {"thing": "1.*"}, "component": [old] if old else []},
        {"name": "2", "packages": {"thing": "2.*"}, "component": [new] if new else []},
    ]
    packages = {"thing": package("1.0"), "nginx": package(version, state)}
    return found({Packages: packages}, release=releases)


def test_a_component_that_the_new_release_does_not_allow_inhibits() -> None:
    assert judged("1.22.1-9", new=NGINX) == [
        (
            "inhibitor components/NGINX: E1102 NGINX 1.22.1-9 is not a version that 2 allows\n"
            "  2 allows 1.21.1 to 1.21.9. Outside this range, queue management module breaks.\n"
            "  To do: apt-get install --allow-downgrades 'nginx=1.21.3*'"
        )
    ]


def test_a_component_that_the_upgrade_installs_may_have_any_version() -> None:
    assert judged("1.22.1-9", new={**NGINX, "installed_by_upgrade": True}) == []


def test_a_component_that_only_the_old_release_does_not_allow_is_high() -> None:
    (only,) = judged("1.22.1-9", old=NGINX)
    assert only.startswith("high components/NGINX: E1102 NGINX 1.22.1-9 is not a version that 1 ")


def test_a_component_that_both_releases_name_is_one_finding() -> None:
    (only,) = judged("1.22.1-9", old=NGINX, new=NGINX)
    assert only.startswith("inhibitor ")


def test_a_component_in_its_range_that_was_not_tested_is_info() -> None:
    assert judged("1.21.6-1", new=NGINX) == [
        (
            "info components/NGINX: NGINX 1.21.6-1 is installed, and 2 was proven with 1.21.3\n"
            "  It is in the range that 2 allows: 1.21.1 to 1.21.9.\n"
            "  To do: none is needed; 1.21.3 is the proven version"
        )
    ]


def test_a_tested_component_is_no_finding() -> None:
    assert judged("1.21.3-1~bookworm", new=NGINX) == []


def test_a_component_that_is_not_installed_is_no_finding() -> None:
    assert judged("1.22.1", new={**NGINX, "package": "haproxy"}) == []
    assert judged("1.22.1", new=NGINX, state="deinstall ok config-files") == []


def test_a_component_without_a_range_is_compared_with_the_support_graph() -> None:
    openssl = {"name": "OpenSSL", "package": "nginx", "supported": "1.1.1k"}
    assert judged("1.1.1k-1", new=openssl) == []
    assert judged("3.0.15-1", new={**openssl, "remedy": "ask the vendor"}) == [
        (
            "inhibitor components/OpenSSL: OpenSSL 3.0.15-1 is not a version that 2 allows\n"
            "  2 allows 1.1.1k.\n"
            "  To do: ask the vendor"
        )
    ]


def test_a_version_that_dpkg_cannot_compare_is_reported_and_not_judged() -> None:
    assert judged("what?", new=NGINX) == [
        (
            "info components/NGINX: E1102 NGINX reports the version 'what?'\n"
            "  That can't be compared; 2 allows 1.21.1 to 1.21.9.\n"
            "  To do: compare it by hand"
        )
    ]


def test_a_version_that_a_command_prints_is_judged() -> None:
    etcd = {"name": "etcd", "command": "etcd --version", "max": "3.5.4"}
    releases = [{"name": "1"}, {"name": "2", "component": [etcd]}]
    read = {Components: {"etcd --version": PrintedVersion(version="3.6.0")}}
    assert found(read, release=releases) == [
        (
            "inhibitor components/etcd: etcd 3.6.0 is not a version that 2 allows\n"
            "  2 allows 3.5.4 or older.\n"
            "  To do: install etcd 3.5.4"
        )
    ]
    assert found({}, release=releases) == []
