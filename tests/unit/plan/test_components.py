"""Components of a release: ranges as dpkg compares them, and a graph of existing components."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.plan.texts import error_of, write
from upgradeproof.plan import Component
from upgradeproof.plan.components import compare, roots

RANGE = {"name": "NGINX", "package": "nginx", "min": "1.21.1", "max": "1.21.9"}
ADDED = '[[release]]\nname = "3"\n'


@pytest.mark.parametrize(
    ("version", "bound", "order"),
    [
        ("1.21.9-2+deb12u1", "1.21.9", 0),
        ("1.21.10-1", "1.21.9", 1),
        ("1.21.3-1~bookworm", "1.21.3", 0),
        ("1.21.0", "1.21.1", -1),
        ("1.21.1~rc1-1", "1.21.1", -1),
        ("5:6.2.0-3", "6.2.0", 0),
        ("5:6.2.0-3", "5:6.2.0", 0),
        ("6.2.0-3", "5:6.2.0", -1),
        ("3.5.2+dfsg-1", "3.5.2", 0),
        ("3.5.2+git2-1", "3.5.2+git1", 1),
        ("3.5.2-1", "3.5.2-2", -1),
        ("1.1.1n-0+deb11u5", "1.1.1k", 1),
        ("1.1.1k", "1.1.1k", 0),
    ],
)
def test_a_version_is_compared_by_as_much_of_it_as_the_bound_names(
    version: str, bound: str, order: int
) -> None:
    assert compare(version, bound) == order


@pytest.mark.parametrize(
    ("version", "allowed"),
    [("1.21.0-9", False), ("1.21.1-1", True), ("1.21.9-1", True), ("1.21.10-1", False)],
)
def test_both_ends_of_a_range_are_allowed(version: str, allowed: bool) -> None:
    assert Component.model_validate(RANGE).allows(version) is allowed


@pytest.mark.parametrize(
    ("ends", "words", "allowed", "refused"),
    [
        ({"min": "2"}, "2 or newer", "3", "1"),
        ({"max": "2"}, "2 or older", "1", "3"),
        ({"supported": "2"}, "2", "2-5", "3"),
        ({"min": "1", "max": "3", "supported": "2"}, "1 to 3", "3", "4"),
    ],
)
def test_a_range_may_have_one_end_or_be_one_version(
    ends: dict[str, Any], words: str, allowed: str, refused: str
) -> None:
    component = Component(name="thing", package="thing", **ends)
    assert (component.range, component.judged) == (words, True)
    assert component.allows(allowed)
    assert not component.allows(refused)


def test_a_component_of_unknown_version_is_not_judged() -> None:
    assert not Component(name="etcd raft", supported="0.45.0").judged
    assert not Component(name="thing", package="thing").judged


def test_the_release_depends_on_each_component_that_no_other_one_needs() -> None:
    parts = (
        Component(name="NGINX", needs=("OpenSSL",)),
        Component(name="OpenSSL"),
        Component(name="etcd"),
    )
    assert [part.name for part in roots(parts)] == ["NGINX", "etcd"]


def part(text: str) -> tuple[str, str]:
    """Return the change that gives the third release components."""
    return ADDED, f"{ADDED}{text}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '[[release.component]]\nname = "a"\nmin = "1"\n',
            ("11: release.2.component.0: a range needs a `package` or a `command` for the version"),
        ),
        (
            '[[release.component]]\nname = "a"\npackage = "a"\ncommand = "a -v"\n',
            (
                "11: release.2.component.0: a component's version comes from a package or from "
                "a command, not both"
            ),
        ),
        (
            '[[release.component]]\nname = "a"\npackage = "a"\nmin = "2"\nmax = "1"\n',
            "11: release.2.component.0: no version is at least 2 and at most 1",
        ),
        (
            '[[release.component]]\nname = "a"\npackage = "a"\nmax = "one two"\n',
            "14: release.2.component.0.max: should be a version as dpkg compares them",
        ),
        (
            '[[release.component]]\nname = "a"\n[[release.component]]\nname = "a"\n',
            "14: release.2.component.1.name: there is another component 'a'",
        ),
        (
            (
                '[[release.component]]\nname = "nginx"\nneeds = ["openss"]\n'
                '[[release.component]]\nname = "openssl"\n'
            ),
            (
                "13: release.2.component.0.needs: there is no component 'openss'; did you mean"
                " 'openssl'?"
            ),
        ),
        (
            (
                '[[release.component]]\nname = "a"\nneeds = ["b"]\n'
                '[[release.component]]\nname = "b"\nneeds = ["a"]\n'
            ),
            "13: release.2.component.0.needs: 'a' depends on itself",
        ),
        (
            '[[release.component]]\nname = "a"\nfloor = "1"\n',
            (
                "13: unknown key 'release.2.component.0.floor'; valid: code, command,"
                " consequence, installed_by_upgrade, max, min, name, needs, package, remedy,"
                " supported"
            ),
        ),
    ],
    ids=["unseen", "seen twice", "empty range", "no version", "twice", "loose", "circle", "key"],
)
def test_the_error_for_a_wrong_component_has_its_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    lines = error_of(write(tmp_path, part(text))).splitlines()
    assert lines == ["PLAN is not a valid plan", f"PLAN:{problem}"]
