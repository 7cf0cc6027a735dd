"""`upgradeproof waiver`: list, lint, due, new."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.decision.runs import CELL, WAIVERS, cell, check, failed, run, write_folder

__all__ = ["upgradeproof"]
AT = ("--at", "2026-01-20")
NEW = (
    *("waiver", "new", "reports/out", *AT, "--cell", CELL, "--check", "ports::*"),
    *("--reason", "the exporter moves", "--ticket", "T-2"),
)
FAILING = run(cell(check("a"), failed()))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "reports" / "out", FAILING, "# ours\n" + WAIVERS)


def test_list(upgradeproof: Command) -> None:
    assert upgradeproof("waiver", "list", *AT) == CommandResult(
        0,
        "W-1: 11 days left, ada, T-1: ports::* on debian-12-amd64.*: the exporter moves in the "
        "next release\n",
        "",
    )


def test_due_ends_with_1_where_one_is_due(upgradeproof: Command) -> None:
    assert upgradeproof("waiver", "due", "--at", "2026-01-02") == CommandResult(0, "", "")
    done = upgradeproof("waiver", "due", "--at", "2026-02-02")
    assert (done.status, done.out[:28]) == (1, "W-1: expired on 2026-01-31, ")


def test_lint_of_the_file_and_of_a_run(upgradeproof: Command, tmp_path: Path) -> None:
    assert upgradeproof("waiver", "lint", *AT) == CommandResult(0, "", "")
    assert upgradeproof("waiver", "lint", "reports/out", *AT).status == 0
    write_folder(tmp_path / "reports" / "out", run())
    assert upgradeproof("waiver", "lint", "reports/out", *AT) == CommandResult(
        1,
        "W-1: expires on 2026-01-31, in 11 days; its owner is ada\n"
        "  To do: fix the product before that day\n"
        "W-1: its check passes\n"
        "  To do: remove it\n",
        "",
    )


def test_new_appends_and_keeps_the_layout(upgradeproof: Command, tmp_path: Path) -> None:
    done = upgradeproof(*NEW, "--owner", "grace")
    assert done == CommandResult(
        0, f"wrote W-2 into reports/waivers.toml; it fits:\n  {CELL} ports::open\n", ""
    )
    text = (tmp_path / "reports" / "waivers.toml").read_text()
    assert text.startswith("# ours\n" + WAIVERS)
    assert 'finding = "tcp:9100 is not open any more"\nowner = "grace"' in text
    assert text.endswith("granted = 2026-01-20\nexpires = 2026-02-19\n")


def test_new_writes_a_first_file(upgradeproof: Command, tmp_path: Path) -> None:
    (tmp_path / "reports" / "waivers.toml").unlink()
    assert upgradeproof(*NEW, "--owner", "ada").status == 0
    assert upgradeproof("waiver", "list", *AT).out.startswith("W-1: 30 days left, ada, T-2: ")


def test_new_for_a_check_that_does_not_exist_is_an_error(upgradeproof: Command) -> None:
    words = [word.replace("ports::*", "ports::opn") for word in NEW]
    assert upgradeproof(*words, "--owner", "ada") == CommandResult(
        2,
        "",
        "upgradeproof: no failed check of these cells fits ports::opn\n"
        "did you mean 'ports::open'?\n"
        "To do: name a failed check; a waiver covers no other\n",
    )


def test_new_for_an_unknown_owner_is_an_error_and_changes_nothing(
    upgradeproof: Command, tmp_path: Path
) -> None:
    done = upgradeproof(*NEW, "--owner", "adda")
    assert (done.status, done.out) == (2, "")
    assert "waiver.1.owner: unknown owner 'adda'; did you mean 'ada'?" in done.err
    assert (tmp_path / "reports" / "waivers.toml").read_text() == "# ours\n" + WAIVERS
