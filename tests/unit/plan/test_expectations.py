"""What a plan expects of a port and of a change, and over the hops of an upgrade."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.plan.texts import plan
from upgradeproof.plan import Cell, Config, Expectations, KnownChange, Platform, Port
from upgradeproof.states import STATES

PLATFORM = Platform(image="example-1", architecture="amd64", machine="container")


def expectations(**keys: Any) -> Expectations:
    return Expectations.model_validate(keys)


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        ({}, 80, 80),
        ({"change": "moved", "to": 81}, 80, 81),
        ({"change": "retired"}, 80, None),
        ({"change": "added"}, None, 80),
    ],
)
def test_a_port_follows_its_change(
    change: dict[str, Any], before: int | None, after: int | None
) -> None:
    port = Port.model_validate({"port": 80, **change})
    assert (port.before, port.after) == (before, after)


def test_a_migrated_file_is_in_its_new_format_only_after_the_upgrade() -> None:
    config = Config(path="/etc/a.conf", format="ini", change="migrated", to_format="toml")
    assert [config.format_in(state) for state in STATES if not STATES[state].booted] == [
        *("ini", "toml", "ini", "toml")
    ]
    assert Config(path="/etc/a.conf", format="ini").format_in("upgraded") == "ini"


def test_only_a_migration_changes_a_format() -> None:
    with pytest.raises(ValueError, match='`to_format` goes with change = "migrated"'):
        Config(path="/etc/a.conf", to_format="toml")


def test_an_endpoint_follows_its_moved_tcp_port() -> None:
    moved = {"port": 80, "change": "moved", "to": 81}
    expect = expectations(port=[moved, {**moved, "port": 53, "protocol": "udp"}])
    assert [expect.port_after(port) for port in (80, 53, 443)] == [81, 53, 443]


def test_the_reason_of_a_change_is_that_of_the_first_matching_expectation() -> None:
    first = {"facts": ["packages/nginx/*", "users/*"], "reason": "it is new"}
    expect = expectations(change=[first, {"facts": ["packages/*"], "reason": "all are new"}])
    assert expect.reason_for("packages/nginx/version") == "it is new"
    assert expect.reason_for("packages/libc6/version") == "all are new"
    assert expect.reason_for("sockets/tcp-80") is None


def test_a_migration_explains_changed_content_of_its_own_file_only() -> None:
    migrated = {"path": "/etc/a.conf", "change": "migrated"}
    expect = expectations(config=[migrated, {"path": "/etc/b.conf"}])
    reason = "the plan declares /etc/a.conf as migrated"
    for path in ("configs//etc/a.conf/sha256", "configs//etc/a.conf/content"):
        assert expect.reason_for(path) == reason
    assert expect.reason_for("files//etc/a.conf/sha256") == reason
    for path in (
        "configs//etc/a.conf",
        "configs//etc/a.conf/exists",
        "configs//etc/a.conf/mode",
        "configs//etc/b.conf/sha256",
        "conffiles//etc/a.conf/sha256",
        "files//etc/a.conf/owner",
    ):
        assert expect.reason_for(path) is None


def test_a_glob_matches_a_whole_path() -> None:
    known = KnownChange(facts=("packages/nginx",), reason="it is new")
    assert known.covers("packages/nginx")
    assert not known.covers("packages/nginx/version")
    assert not known.covers("packages/Nginx")


def test_the_later_expectation_of_an_item_wins() -> None:
    first = expectations(
        services=["a", "b"],
        modules=["loop"],
        certificates=["/a.crt"],
        port=[{"port": 1, "process": "old"}, {"port": 1, "protocol": "udp"}],
        config=[{"path": "/a"}, {"path": "/b"}],
        endpoint=[{"id": "e", "kind": "tcp", "port": 1}],
        firewall=[{"port": 1, "allowed": True}, {"port": 2, "allowed": True}],
        data=[{"id": "d", "write": "w", "read": "r", "equals": "old"}],
        known={"include": ["a-1-to-2/*"], "exclude": ["a-1-to-2/x"]},
        change=[{"facts": ["users/a"], "reason": "first reason"}],
    )
    then = expectations(
        services=["b", "c"],
        modules=["loop", "dm_mod"],
        certificates=["/b.crt", "/a.crt"],
        port=[{"port": 1, "process": "new"}],
        config=[{"path": "/b", "change": "migrated"}],
        endpoint=[{"id": "e", "kind": "tcp", "port": 2}],
        firewall=[{"port": 2, "allowed": False}],
        data=[{"id": "d", "write": "w", "read": "r", "equals": "new"}],
        known={"include": ["b/*"], "exclude": ["a-1-to-2/x", "a-1-to-2/y"]},
        change=[{"facts": ["users/b"], "reason": "second reason"}],
    )
    both = first.merged(then)
    assert both.services == ("a", "b", "c")
    assert both.modules == ("loop", "dm_mod")
    assert both.certificates == ("/a.crt", "/b.crt")
    assert [(p.protocol, p.process) for p in both.port] == [("tcp", "new"), ("udp", "")]
    assert [(c.path, c.change) for c in both.config] == [("/a", "kept"), ("/b", "migrated")]
    assert [e.port for e in both.endpoint] == [2]
    assert [(f.port, f.allowed) for f in both.firewall] == [(1, True), (2, False)]
    assert [d.equals for d in both.data] == ["new"]
    assert [c.reason for c in both.change] == ["first reason", "second reason"]
    assert both.known.include == ("a-1-to-2/*", "b/*")
    assert both.known.exclude == ("a-1-to-2/x", "a-1-to-2/y")


def services(folder: Path, at: int) -> tuple[str, ...]:
    """Return the services that an upgrade's cell expects, in a plan where all levels name one."""
    spoilt = plan(
        folder,
        ("[expect]\n", '[expect]\nservices = ["of-the-plan"]\n'),
        ('services = ["thingd"]\n[[upgrade.expect.change]]', ('services = ["of-1-to-2"]\n'
         "[[upgrade.expect.change]]")),
        ('script = "true"\n', 'script = "true"\n[upgrade.expect]\nservices = ["of-2-to-3"]\n'),
        ('via = ["2"]\nplatforms = ["*"]\n', ('via = ["2"]\nplatforms = ["*"]\n'
         '[upgrade.expect]\nservices = ["of-1-to-3"]\n')),
    )  # fmt: skip
    return Cell(spoilt, spoilt.upgrade[at], PLATFORM).expect.services


def test_a_cell_expects_what_plan_hops_and_upgrade_expect(tmp_path: Path) -> None:
    assert services(tmp_path, 0) == ("of-the-plan", "of-1-to-2")
    assert services(tmp_path, 2) == ("of-the-plan", "of-1-to-2", "of-2-to-3", "of-1-to-3")
