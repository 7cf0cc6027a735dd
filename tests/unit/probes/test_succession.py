"""The changes that a successor package explains, with the version in both names."""

from __future__ import annotations

from typing import Any

import pytest

from upgradeproof.probes import Facts, diff
from upgradeproof.probes.base import Record
from upgradeproof.probes.effective_config import Setting
from upgradeproof.probes.file_records import File
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package
from upgradeproof.probes.references import Reference
from upgradeproof.probes.services import Service
from upgradeproof.probes.sockets import ListeningSocket
from upgradeproof.probes.succession import Succession, explain
from upgradeproof.probes.text_diff import packed
from upgradeproof.probes.unix_sockets import UnixSocket

WHY = "base-17 succeeds base-15, and the version is in the name"
RUNS: dict[str, Any] = {
    "load": "loaded",
    "active": "active",
    "sub": "running",
    "enabled": "enabled",
}


def facts(version: str, *packages: str, **sections: dict[str, Record]) -> Facts:
    found = {name: Package(version="1", state="install ok installed") for name in packages}
    system = OperatingSystem(state="running", id="os", version=version)
    return Facts({"packages": found, "system": {"system": system}, **sections})


def explained(
    section: str, was: dict[str, Record], now: dict[str, Record], **more: Any
) -> set[str]:
    """Return why the lines of a section are explained, where base-17 succeeds base-15."""
    before = facts("1", "base-15", **{section: was})
    after = facts("2", "base-15", "base-17", **{section: now}, **more)
    lines = [line for line in diff(before, after) if line.path.startswith(f"{section}/")]
    assert lines
    return {explain(line, before, after) for line in lines}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("base-15", "base-17", ("base", "15", "17")),
        ("php8.2-fpm", "php8.4-fpm", ("php", "8.2", "8.4")),
        ("php8.10-fpm", "php8.4-fpm", None),
        ("base-17", "base-15", None),
        ("base-15", "base-15", None),
        ("base-15", "other-17", None),
        ("base-1-15", "base-2-17", None),
        ("15-base", "17-base", None),
    ],
)
def test_one_number_of_the_name_is_the_version(
    old: str, new: str, found: tuple[str, str, str] | None
) -> None:
    succession = Succession.of(old, new)
    parts = (succession.name, succession.was, succession.now) if succession else None
    assert parts == found


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("/run/base/15-main.pid", "/run/base/17-main.pid"),
        ("base@15-main.service", "base@17-main.service"),
        ("15", "17"),
        ("150 215 15.1 1.15", "150 215 15.1 1.15"),
        ("base-15.", "base-17."),
    ],
)
def test_only_the_version_as_a_whole_is_replaced(text: str, renamed: str) -> None:
    succession = Succession.of("base-15", "base-17")
    assert succession
    assert succession.renamed(text) == renamed


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (RUNS, WHY),
        ({**RUNS, "active": "failed"}, ""),
        ({**RUNS, "active": "inactive"}, ""),
        ({**RUNS, "enabled": "disabled"}, ""),
    ],
)
def test_a_unit_is_succeeded_by_one_with_the_same_state(now: dict[str, Any], why: str) -> None:
    was: dict[str, Record] = {"base@15-main.service": Service(**RUNS)}
    new: dict[str, Record] = {"base@17-main.service": Service(**now)}
    assert explained("services", was, new) == {why}


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("active", ["active", "failed"])
def test_a_unit_of_a_removed_package_is_masked_until_it_is_purged(
    installed: bool, active: str
) -> None:
    unit, link = "base15.service", "/etc/systemd/system/base15.service"
    before = facts("1", "base-15", services={unit: Service(**RUNS)}, files={})
    services: dict[str, Record] = {
        unit: Service(enabled="masked", load="masked"),
        "base17.service": Service(**{**RUNS, "active": active}),
    }
    files: dict[str, Record] = {link: File(type="link", target="/dev/null")}
    packages = ("base-15", "base-17") if installed else ("base-17",)
    after = facts("2", *packages, services=services, files=files)
    found = {line.path: explain(line, before, after) for line in diff(before, after)}
    why = WHY if active == "active" and not installed else ""
    for path in (f"services/{unit}/load", f"services/{unit}/active", f"files/{link}"):
        assert found[path] == why


def test_a_unit_that_has_no_successor_is_lost() -> None:
    was: dict[str, Record] = {"base@15-main.service": Service(**RUNS)}
    assert explained("services", was, {}) == {""}
    other: dict[str, Record] = {"tool@17-main.service": Service(**RUNS)}
    assert explained("services", was, other) == {""}


@pytest.mark.parametrize(("mode", "why"), [("0660", WHY), ("0666", "")])
def test_a_socket_is_succeeded_by_one_with_the_same_rights(mode: str, why: str) -> None:
    was: dict[str, Record] = {"/run/base/base15.sock": UnixSocket(kind="stream", mode="0660")}
    now: dict[str, Record] = {"/run/base/base17.sock": UnixSocket(kind="stream", mode=mode)}
    assert explained("unix_sockets", was, now) == {why}


def test_a_socket_that_a_file_of_the_administrator_names_is_lost() -> None:
    was: dict[str, Record] = {"/run/base/base15.sock": UnixSocket(kind="stream", mode="0660")}
    now: dict[str, Record] = {"/run/base/base17.sock": UnixSocket(kind="stream", mode="0660")}
    for name in ("/run/base/base15.sock", "/var/run/base/base15.sock"):
        named = Reference(kind="socket", name=name, file="/etc/site.conf")
        assert explained("unix_sockets", was, now, references={"one": named}) == {""}
    there = Reference(kind="socket", name="/run/other.sock", file="/etc/site.conf")
    assert explained("unix_sockets", was, now, references={"one": there}) == {WHY}


def text(content: str, **fields: Any) -> File:
    return File(
        **{"type": "file", "mode": "0644", "sha256": content, "text": packed(content.encode())}
        | fields
    )


OLD = "folder = /var/lib/base/15/main\nlimit = -15\n"
NEW = "folder = /var/lib/base/17/main\nlimit = -15\n"


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        (text(OLD), text(NEW), WHY),
        (text("same"), text("same", text=""), WHY),
        (text(OLD), text(f"{NEW}\nmore\n"), ""),
        (text(OLD), text(NEW.replace("limit = -15", "limit = 9")), ""),
        (text(OLD), text(NEW, mode="0666"), ""),
        (text(OLD), text(NEW, owner="base"), ""),
        (text(OLD, text=""), text(NEW, text=""), ""),
    ],
)
def test_a_file_moves_with_the_version_of_its_folder(was: File, now: File, why: str) -> None:
    old: dict[str, Record] = {"/etc/base/15/main.conf": was}
    new: dict[str, Record] = {"/etc/base/17/main.conf": now}
    assert explained("files", old, new) == {why}


def test_a_file_that_both_versions_have_has_not_moved() -> None:
    both: dict[str, Record] = {"/etc/base/15/main.conf": text("a")}
    more: dict[str, Record] = {**both, "/etc/base/17/main.conf": text("a")}
    assert explained("files", both, more) == {""}


@pytest.mark.parametrize(
    ("section", "key", "was", "now", "why"),
    [
        ("files", "/etc/clean-base", text(OLD), text(NEW), WHY),
        ("files", "/etc/clean-base", text(OLD), text("other"), ""),
        (
            *("files", "/etc/alternatives/base"),
            File(type="link", target="/run/base15.sock"),
            File(type="link", target="/run/base17.sock"),
            WHY,
        ),
        (
            *("effective_config", "base/cluster_name"),
            Setting(value="15/main"),
            Setting(value="17/main"),
            WHY,
        ),
        (
            *("effective_config", "base/connections"),
            Setting(value="15"),
            Setting(value="100"),
            "",
        ),
        (
            *("sockets", "tcp/127.0.0.1:7"),
            ListeningSocket(protocol="tcp", address="", port=7, unit="base@15-main.service"),
            ListeningSocket(protocol="tcp", address="", port=7, unit="base@17-main.service"),
            WHY,
        ),
        (
            *("sockets", "tcp/127.0.0.1:7"),
            ListeningSocket(protocol="tcp", address="", port=7, user="base15"),
            ListeningSocket(protocol="tcp", address="", port=7, user="base17"),
            "",
        ),
    ],
)
def test_a_value_that_names_the_version_names_the_new_one(
    section: str, key: str, was: Record, now: Record, why: str
) -> None:
    assert explained(section, {key: was}, {key: now}) == {why}


def test_without_another_version_of_the_system_nothing_is_succeeded() -> None:
    before = facts("1", "base-15", services={"base@15-main.service": Service(**RUNS)})
    after = facts("1", "base-17", services={"base@17-main.service": Service(**RUNS)})
    lines = [line for line in diff(before, after) if line.path.startswith("services/")]
    assert {explain(line, before, after) for line in lines} == {""}
