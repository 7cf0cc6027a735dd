"""`upgradeproof review` outside of a terminal: the unexplained changes as a list, or as TOML."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.review.runs import BOTH, ONE, TWO, came, cell, change, reports, state
from upgradeproof.results import Cell, State, Verdict

__all__ = ["upgradeproof"]

CHANGES = state(
    came("users/deploy", "uid=999"),
    change("files//etc/web.conf/sha256", "a", "b", detail="--- old\n+++ new\n-1\n+2"),
)


def test_outside_of_a_terminal_the_output_is_a_list(upgradeproof: Command, tmp_path: Path) -> None:
    facts = {"users": {"ada": {"uid": 1}}}
    found = CHANGES.model_copy(update={"facts": "facts.json"})
    known = state(change("system/system/version", "11", "12"))
    reports(tmp_path, cell(ONE, found), cell(TWO, known), facts=facts)
    done = upgradeproof("review")
    assert (done.status, done.err) == (1, "")
    lines = done.out.splitlines()
    assert lines[:8] == [
        f"{ONE}, upgraded: 2 changes in 2 groups",
        "  1. users of deploy: 1 change",
        "     users/deploy: (nothing) -> uid=999",
        "     covered by users/deploy",
        "  2. files of /etc: 1 change",
        "     files//etc/web.conf/sha256: a -> b",
        "     covered by files//etc/web.conf/sha256",
        "",
    ]
    assert lines[11] == "     covered by system/system/version"
    assert re.fullmatch(r"     is known for debian-\d+-to-\d+ \([a-z-]+\): .+ \[.+\]", lines[12])
    assert lines[-1] == "unexplained changes left: 3"


KNOWN = """
applies = { system = "example", from = "1", to = "2" }

[[change]]
id = "deploy-user"
facts = ["users/deploy"]
reason = "our own packages make this user"
source = "our release notes"
"""


def test_a_known_change_of_the_project_is_a_hint(upgradeproof: Command, tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, CHANGES))
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "ours.toml").write_text(KNOWN)
    hint = "is known for ours (deploy-user): our own packages make this user [our release notes]"
    assert f"     {hint}\n" in upgradeproof("review", "--list").out


def test_toml_has_each_block_once(upgradeproof: Command, tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, CHANGES), cell(TWO, CHANGES))
    done = upgradeproof("review", "--toml")
    assert done.out == (
        f"# {ONE}, upgraded\n"
        "[[expect.change]]\n"
        'facts = ["users/deploy"]\n'
        'reason = ""\n'
        "\n"
        "[[expect.change]]\n"
        'facts = ["files//etc/web.conf/sha256"]\n'
        'reason = ""\n'
        "\n"
    )


def test_toml_has_a_block_for_each_product_and_for_each_upgrade_of_a_rollback(
    upgradeproof: Command, tmp_path: Path
) -> None:
    other = ONE.replace("thing", "other")
    found = state(came("users/deploy"))
    left = found.model_copy(update={"name": "rolled_back"})
    reports(tmp_path, cell(ONE, found, left), cell(TWO, left), cell(other, found, product="other"))
    lines = upgradeproof("review", "--toml").out.splitlines()
    assert [line for line in lines if line.startswith(("#", "["))] == [
        *(f"# {ONE}, upgraded", "[[expect.change]]"),
        *(f"# {ONE}, rolled_back", "[[upgrade.allowed_changes]]"),
        *(f"# {TWO}, rolled_back", "[[upgrade.allowed_changes]]"),
        *(f"# {other}, upgraded", "[[expect.change]]"),
    ]


def test_cells_are_selected(upgradeproof: Command, tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, CHANGES), cell(BOTH, state()))
    done = upgradeproof("review", "--cell", "*-1-to-2-to-3")
    assert (done.status, done.out) == (0, "unexplained changes left: 0\n")
    assert upgradeproof("review", "--cell", "x").err == (
        f"upgradeproof: no cell of the run matches x\nvalid: {ONE}, {BOTH}\n"
    )


def test_the_changes_of_a_cell_that_was_not_upgraded_are_unknown(
    upgradeproof: Command, tmp_path: Path
) -> None:
    lost = Cell(
        id=ONE,
        platform="p",
        upgrade="thing-1-to-2",
        product="thing",
        states=(State(name="upgraded", verdict=Verdict.FAILED),),
    )
    reports(tmp_path, lost)
    done = upgradeproof("review")
    assert done.status == 1
    assert done.out == (
        f"{ONE}: upgraded was not reached, and nothing is known of its changes\n"
        "unexplained changes left: 0\n"
    )
    assert upgradeproof("review", "--toml") == CommandResult(
        1, "", f"{ONE}: upgraded was not reached, and nothing is known of its changes\n"
    )


def test_without_a_run_there_is_nothing_to_review(upgradeproof: Command, tmp_path: Path) -> None:
    assert upgradeproof("review", "elsewhere").err == (
        "upgradeproof: there is no run in elsewhere\nTo do: run pytest first\n"
    )
