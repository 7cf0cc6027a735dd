"""Which changes an ``[[expect.change]]`` excuses, by its globs and its kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.texts import plan
from upgradeproof.change_kinds import ChangeKind
from upgradeproof.errors import PlanError
from upgradeproof.plan import KnownChange
from upgradeproof.plan.changes import checked_glob


@pytest.mark.parametrize(
    ("glob", "excuses", "kind", "covered"),
    [
        ("packages/*", None, "upgraded", True),
        ("packages/*", None, "installed as a dependency", True),
        ("packages/*", None, "replaced", True),
        ("packages/*", None, "removed", False),
        ("packages/*", None, "installed", False),
        ("packages/tool*", None, "downgraded", False),
        ("packages/to?l", None, "no longer offered", False),
        ("packages/[t]ool", None, "marked auto", False),
        ("packages/tool*", "removed", "removed", True),
        ("packages/tool*", "removed", "upgraded", False),
        ("packages/tool", None, "removed", True),
        ("packages/tool", "removed", "removed", True),
        ("packages/tool", "upgraded", "removed", False),
        ("packages/*", None, None, True),
        ("*tool*", None, "upgraded", True),
        ("*tool*", None, "removed", False),
        ("pack*/tool", None, "removed", False),
        ("*tool*", "removed", "removed", True),
        ("users/*", None, "removed", True),
        ("users/root/shell", "changed", "changed", True),
        ("users/root/shell", "added", "changed", False),
        ("users/root/shell", "added", None, True),
    ],
)
def test_a_wildcard_excuses_only_what_every_upgrade_does_to_packages(
    glob: str, excuses: ChangeKind | None, kind: ChangeKind | None, covered: bool
) -> None:
    change = KnownChange(facts=(glob,), kind=excuses, reason="it is meant to")
    path = "packages/tool" if "tool" in glob or "pack" in glob else "users/root/shell"
    assert change.covers(path, kind) is covered


def test_the_field_may_be_a_wildcard_if_the_package_is_named() -> None:
    change = KnownChange(facts=("packages/tool/*",), reason="it is meant to")
    assert change.covers("packages/tool/obsolete", "no longer offered")


CHANGE = 'facts = ["packages/*"]'


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            'facts = ["packages/*"]\nkind = "removed"',
            (
                "29: upgrade.0.expect.change.0: 'packages/*' matches a whole section: name what is "
                "removed"
            ),
        ),
        (
            'facts = ["packages"]',
            (
                "30: upgrade.0.expect.change.0.facts: 'packages' is no glob over the diff: "
                "write it as section/key"
            ),
        ),
        (
            'facts = ["*"]',
            "30: upgrade.0.expect.change.0.facts: '*' matches every change: name what changes",
        ),
        (
            'facts = ["packages/[a"]',
            (
                "30: upgrade.0.expect.change.0.facts: 'packages/[a' has an unbalanced bracket: "
                "[[] matches a plain one"
            ),
        ),
    ],
)
def test_the_error_for_a_wrong_change_has_its_line(
    tmp_path: Path, written: str, expected: str
) -> None:
    with pytest.raises(PlanError) as caught:
        plan(tmp_path, (CHANGE, written))
    assert caught.value.details == f"{tmp_path / 'upgrade.toml'}:{expected}"


@pytest.mark.parametrize(
    "glob",
    [
        *(
            "units/a[[]b",
            "units/a[]]b",
            "units/[[]a]",
            "units/[a-c]x",
            "units/[!]]x",
            "units/[]a]x",
        ),
        *("units/[[a]x", "units/a[[][[]b", "units/[!a]x[]]"),
    ],
)
def test_an_escaped_or_closed_bracket_is_valid(glob: str) -> None:
    assert checked_glob(glob) == glob


@pytest.mark.parametrize("glob", ["units/[a", "units/a]", "units/[]a", "units/[!]a", "units/[a]]"])
def test_an_unclosed_bracket_is_an_error(glob: str) -> None:
    with pytest.raises(ValueError, match="has an unbalanced bracket"):
        checked_glob(glob)
