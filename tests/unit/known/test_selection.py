"""Known changes are selected by the identity of the machines, and by the ids in a plan."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from upgradeproof.known import DiffLine, Identity, KnownFile, read_known, select
from upgradeproof.plan import KnownSelection


def file(change: Mapping[str, Any] = MappingProxyType({}), /, **applies: str) -> KnownFile:
    entry = {"id": "one", "facts": ["users/root/*"], "reason": "it does so", "source": "notes"}
    step = {key.rstrip("_"): value for key, value in applies.items()}
    return KnownFile.model_validate(
        {"applies": {"from": "11", "to": "12", **step}, "change": [{**entry, **change}]}
    )


FILES = {
    "first": [file(system="debian")],
    "second": [file(system="debian", from_="12", to="13")],
    "kernel": [file(kernel="linux", from_="5.10", to="6.1")],
    "daemon": [file(package="tool", from_="6", to="7")],
    "own": [file({"own_kernel": True}, system="debian")],
}


def machine(version: str, system: str = "debian", kernel: str = "", tool: str = "") -> Identity:
    packages = {"tool": tool} if tool else {}
    return Identity(system=system, version=version, kernel=kernel, packages=packages)


def ids(before: Identity, after: Identity, **selection: tuple[str, ...]) -> list[str]:
    return [known.id for known in select(FILES, before, after, KnownSelection(**selection))]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (machine("11"), machine("12"), ["first/one"]),
        (machine("12"), machine("13"), ["second/one"]),
        (machine("11"), machine("13"), ["first/one", "second/one"]),
        (machine("11.9"), machine("12.1"), ["first/one"]),
        (machine("12"), machine("12"), []),
        (machine("12"), machine("11"), []),
        (machine(""), machine("12"), []),
        (machine("11", "ubuntu"), machine("12", "ubuntu"), []),
        (machine("11", "ubuntu"), machine("12"), []),
        (
            machine("11", kernel="5.10.0-32-cloud-amd64"),
            machine("12", kernel="6.1.0-44-cloud-amd64"),
            ["first/one", "kernel/one", "own/one"],
        ),
        (machine("12", kernel="6.1.0-44"), machine("12", kernel="6.12.0-1"), []),
        (machine("12", kernel="5.15.1"), machine("12", kernel="6.8.0"), []),
        (
            machine("12", tool="5:6.0.16-1"),
            machine("12", tool="5:7.0.15-1+deb12u5"),
            ["daemon/one"],
        ),
        (machine("12", tool="5:7.0.15-1"), machine("12", tool="5:8.0.2-3"), []),
        (machine("12"), machine("12", tool="5:7.0.15-1"), []),
    ],
)
def test_the_machines_select_the_releases_that_the_upgrade_passed(
    before: Identity, after: Identity, expected: list[str]
) -> None:
    assert ids(before, after) == expected


def test_a_plan_includes_and_excludes_by_id() -> None:
    twelve, thirteen = machine("12"), machine("13")
    assert ids(twelve, thirteen, exclude=("second/*",)) == []
    assert ids(twelve, thirteen, include=("first/one",)) == ["first/one", "second/one"]
    assert ids(twelve, thirteen, include=("*",), exclude=("second/one", "own/*")) == [
        "first/one",
        "kernel/one",
        "daemon/one",
    ]


@pytest.mark.parametrize(
    ("applies", "title"),
    [
        ({"system": "debian"}, "Debian 11 -> 12"),
        ({"kernel": "linux", "from_": "6.1", "to": "6.12"}, "Linux 6.1 -> 6.12"),
        ({"package": "redis-server", "from_": "6", "to": "7"}, "redis-server 6 -> 7"),
    ],
)
def test_a_report_states_what_a_known_change_belongs_to(
    applies: dict[str, str], title: str
) -> None:
    assert file(**applies).title == title
    unconfirmed = file(**applies).model_copy(update={"confirmed": False})
    assert unconfirmed.title == f"{title}, not confirmed by a run"


def line(path: str = "users/root/shell", **fields: Any) -> DiffLine:
    return DiffLine(
        **{"path": path, "kind": "changed", "before": "/bin/sh", "after": "/bin/bash", **fields}
    )


@pytest.mark.parametrize(
    ("change", "found", "covered"),
    [
        ({}, line(), True),
        ({}, line("users/daemon/shell"), False),
        ({"kind": "changed"}, line(), True),
        ({"kind": "removed"}, line(), False),
        ({"before": "/bin/sh"}, line(), True),
        ({"before": "/bin/dash"}, line(), False),
        ({"after": "/bin/*"}, line(), True),
        ({"after": "/usr/bin/*"}, line(), False),
        ({"after": "/bin/*"}, line(kind="removed", after=None), False),
        ({"lines": ["+new", "-old*"]}, line(detail="@@ -1 +1 @@\n-old one\n+new\n same"), True),
        ({"lines": ["+new"]}, line(detail="@@ -1 +1 @@\n-old one\n+new"), False),
        ({"lines": ["+new"]}, line(detail="@@ -1 +1 @@\n+new\n(12 more lines)"), False),
        ({"lines": ["[-+]new"]}, line(detail="only what is masked as a secret changed"), False),
        ({"lines": ["[-+]new"]}, line(), False),
    ],
)
def test_an_entry_covers_what_it_describes(
    change: dict[str, Any], found: DiffLine, covered: bool
) -> None:
    (entry,) = file(change, system="debian").change
    assert entry.covers(found) is covered


OF_DEBIAN = {
    "bind9": ("1:9.16.50-1~deb11u6", "1:9.18.49-1~deb12u3", "1:9.20.30-1~deb13u1"),
    "kea-common": ("", "2.2.0-6", "2.6.3-1+deb13u1"),
    "logcheck": ("1.3.23", "1.4.2+deb12u1", "1.4.5+deb13u1"),
    "mariadb-common": (
        "1:10.5.29-0+deb11u1",
        "1:10.11.19-0+deb12u1",
        "1:11.8.9+ds-0+deb13u1",
    ),
    "postfix": ("3.5.25-0+deb11u1", "3.7.11-0+deb12u1", "3.10.13-0+deb13u1"),
    "postgresql-common": ("225+deb11u1", "248+deb12u2", "278+deb13u1"),
    "rabbitmq-server": ("3.8.9-3+deb11u1", "3.10.8-1.1+deb12u1", "4.0.5-6+deb13u2"),
    "redis-server": ("5:6.0.16-1+deb11u9", "5:7.0.15-1~deb12u10", "5:8.0.2-3+deb13u3"),
    "samba-common-bin": (
        "2:4.13.13+dfsg-1~deb11u8",
        "2:4.17.12+dfsg-0+deb12u4",
        "2:4.22.11+dfsg-0+deb13u1",
    ),
    "varnish": ("6.5.1-1+deb11u5", "7.1.1-2+deb12u1", "7.7.0-3+deb13u2"),
}
OF_DEBIAN["samba"] = OF_DEBIAN["samba-common-bin"]
STEPS = {"11 -> 12": (0, 1), "12 -> 13": (1, 2)}
OF_DAEMONS = {
    stem: file for stem, files in read_known().items() for file in files if file.applies.package
}


@pytest.mark.parametrize("stem", OF_DAEMONS)
def test_a_daemons_file_counts_for_one_step_of_debian(stem: str) -> None:
    package = OF_DAEMONS[stem].applies.package
    versions = OF_DEBIAN[package]
    selected = [
        step
        for step, (was, now) in STEPS.items()
        if select(
            {stem: [OF_DAEMONS[stem]]},
            Identity(system="debian", version="1", packages={package: versions[was]}),
            Identity(system="debian", version="2", packages={package: versions[now]}),
        )
    ]
    assert len(selected) == 1
