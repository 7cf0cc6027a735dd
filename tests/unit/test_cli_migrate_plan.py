"""The command that replaces the old names of the keys of a plan."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.plan.texts import PLAN, write

__all__ = ["upgradeproof"]

ROOT = Path(__file__).parents[2]
OLD = PLAN.replace('equals = "hi"', 'gives = "hi"')
LINE = PLAN[: PLAN.index('equals = "hi"')].count("\n") + 1
WRITTEN = f"upgrade.toml:{LINE}: expect.data.0.gives -> equals\n1 key renamed in 1 file\n"


def test_a_plan_is_rewritten_and_then_has_no_old_name(
    upgradeproof: Command, tmp_path: Path
) -> None:
    path = tmp_path / "upgrade.toml"
    path.write_text(OLD)
    assert upgradeproof("migrate-plan", "upgrade.toml") == CommandResult(0, WRITTEN, "")
    assert path.read_text() == PLAN
    assert upgradeproof("migrate-plan", "upgrade.toml") == CommandResult(
        0, "0 keys renamed in 0 files\n", ""
    )


def test_a_check_writes_nothing_and_fails_where_a_key_has_an_old_name(
    upgradeproof: Command, tmp_path: Path
) -> None:
    path = tmp_path / "upgrade.toml"
    path.write_text(OLD)
    would = WRITTEN.replace("renamed", "would be renamed")
    assert upgradeproof("migrate-plan", "--check", "upgrade.toml", "upgrade.toml") == CommandResult(
        1, would, ""
    )
    assert path.read_text() == OLD
    write(tmp_path)
    done = upgradeproof("migrate-plan", "--check", "upgrade.toml")
    assert done == CommandResult(0, "0 keys would be renamed in 0 files\n", "")


def test_an_error_in_one_file_leaves_all_of_them(upgradeproof: Command, tmp_path: Path) -> None:
    path = tmp_path / "upgrade.toml"
    path.write_text(OLD)
    assert upgradeproof("migrate-plan", "upgrade.toml", "other.toml") == CommandResult(
        2, "", "upgradeproof: other.toml: there is no such file\n"
    )
    assert path.read_text() == OLD


def test_a_read_only_file_is_one_clear_error(upgradeproof: Command, tmp_path: Path) -> None:
    path = tmp_path / "upgrade.toml"
    path.write_text(OLD)
    path.chmod(0o444)
    done = upgradeproof("migrate-plan", "upgrade.toml")
    assert done == CommandResult(
        2,
        "",
        "upgradeproof: upgrade.toml is read-only (mode 0444), and nothing was written\n"
        "To do: make it writable, or write the change into the plan that it is made from\n",
    )
    assert path.read_text() == OLD


PAGE = (ROOT / "docs/reference/renamed-keys.md").read_text(encoding="utf-8")
KINDS = tomllib.loads((ROOT / "upgradeproof/renamed_keys.toml").read_text(encoding="utf-8"))
TABLES = [*KINDS.pop("json").values(), *KINDS.values()]
ROWS = [row for table in TABLES for row in table.items()]


@pytest.mark.parametrize(("old", "new"), ROWS)
def test_the_page_lists_every_renamed_key(old: str, new: str) -> None:
    assert re.search(rf"^\|.*`{re.escape(old)}` \| `{new}` \|$", PAGE, re.MULTILINE)


PLANS = [
    *ROOT.glob("products/*/upgrade.toml"),
    *ROOT.glob("products/*/defects/*.toml"),
    *ROOT.glob("field-cases/**/*.toml"),
    *ROOT.glob("upgradeproof/daemons/*.toml"),
]


def test_no_file_of_the_repository_has_an_old_name(upgradeproof: Command) -> None:
    done = upgradeproof("migrate-plan", "--check", *map(str, PLANS))
    assert done == CommandResult(0, "0 keys would be renamed in 0 files\n", "")
