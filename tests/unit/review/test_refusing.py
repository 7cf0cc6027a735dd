"""The cases that `upgradeproof accept` refuses with one error, and without writing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.plan.texts import PLAN
from tests.unit.review.runs import ONE, TWO, came, cell, change, reports, state
from upgradeproof.review.ledger import read_accepted

__all__ = ["upgradeproof"]

DEPLOY = came("users/deploy")
REASON = "the deployment makes this user"
WRITE = ("accept", "users/deploy", "--reason", REASON)


def text(folder: Path) -> str:
    return (folder / "upgrade.toml").read_text(encoding="utf-8")


def refused(result: CommandResult, folder: Path, *lines: str) -> None:
    """Compare the whole error, and check that nothing was written."""
    expected = "\n".join(lines).replace("PLAN", str(folder / "upgrade.toml"))
    assert (result.out, result.err) == ("", f"upgradeproof: {expected}\n")
    assert text(folder) == PLAN
    assert not (folder / "reports" / "out" / "accepted.json").exists()


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_an_empty_reason_is_refused(upgradeproof: Command, tmp_path: Path, reason: str) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)))
    result = upgradeproof("accept", "users/deploy", "--reason", reason)
    assert result.status == 2
    refused(
        result,
        tmp_path,
        "there is no reason",
        "To do: write why this change is correct: the report shows it next to the change",
    )


def test_a_meaningless_reason_is_refused(upgradeproof: Command, tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)))
    result = upgradeproof("accept", "users/deploy", "--reason", "ok")
    refused(result, tmp_path, "the reason 'ok' is too short: 8 characters or more")


def test_without_a_reason_nothing_is_accepted(
    upgradeproof: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)))
    with pytest.raises(SystemExit):
        upgradeproof("accept", "users/deploy")
    assert "the following arguments are required: --reason" in capsys.readouterr().err


def test_the_error_for_a_glob_without_a_match_names_the_nearest_path(
    upgradeproof: Command, tmp_path: Path
) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY, came("users/deputy"), came("journal/x: y"))))
    result = upgradeproof("accept", "users/deplyo", "--reason", REASON)
    refused(
        result,
        tmp_path,
        "no unexplained change of the run matches 'users/deplyo'",
        "the most similar are:",
        "  users/deploy",
        "  users/deputy",
        "To do: `upgradeproof review` lists the unexplained changes with their globs",
    )


def test_a_glob_that_matches_only_explained_changes_is_refused(
    upgradeproof: Command, tmp_path: Path
) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY, change("packages/a/version", reason="upgraded"))))
    result = upgradeproof("accept", "packages/a/*", "--reason", REASON)
    refused(
        result,
        tmp_path,
        "no unexplained change of the run matches 'packages/a/*'",
        "packages/a/version is explained already: upgraded",
    )


def test_a_run_without_unexplained_changes_is_an_error(
    upgradeproof: Command, tmp_path: Path
) -> None:
    reports(tmp_path, cell(ONE, state()))
    refused(
        upgradeproof(*WRITE),
        tmp_path,
        "no unexplained change of the run matches 'users/deploy'",
        "the run has no unexplained change left",
    )


@pytest.mark.parametrize("glob", ["*", "users/*", "u*/deploy"])
def test_a_glob_of_a_whole_section_is_refused(
    upgradeproof: Command, tmp_path: Path, glob: str
) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)))
    refused(
        upgradeproof("accept", glob, "--reason", REASON),
        tmp_path,
        f"{glob!r} matches a whole section: it would hide changes that were not examined",
        "To do: name the changes: `upgradeproof review` prints narrow globs",
    )


def test_a_plan_that_changed_since_the_run_is_refused(
    upgradeproof: Command, tmp_path: Path
) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)))
    changed = PLAN.replace('title = "install"', 'title = "install it"')
    (tmp_path / "upgrade.toml").write_text(changed)
    result = upgradeproof(*WRITE)
    assert result == CommandResult(
        2,
        "",
        f"upgradeproof: {tmp_path}/upgrade.toml changed since the run, and nothing was written\n"
        "To do: run pytest again: cached states are reused, and the run shows what is left\n",
    )
    assert text(tmp_path) == changed
    assert upgradeproof("review").err == (
        "upgrade.toml changed since the run: run pytest again to see the rest\n"
    )


def test_a_plan_that_is_not_toml_is_refused(upgradeproof: Command, tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)))
    (tmp_path / "upgrade.toml").write_text('name = "thing\n')
    assert upgradeproof(*WRITE) == CommandResult(
        2,
        "",
        f"upgradeproof: {tmp_path}/upgrade.toml is not TOML: Illegal character '\\n'"
        " (at line 1, column 14)\n",
    )


def test_a_read_only_plan_is_refused(upgradeproof: Command, tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)))
    (tmp_path / "upgrade.toml").chmod(0o444)
    refused(
        upgradeproof(*WRITE),
        tmp_path,
        "PLAN is read-only (mode 0444), and nothing was written",
        "To do: make it writable, or write the change into the plan that it is made from",
    )


def test_a_missing_plan_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)))
    (tmp_path / "upgrade.toml").unlink()
    assert upgradeproof(*WRITE) == CommandResult(
        2,
        "",
        f"upgradeproof: {tmp_path}/upgrade.toml: the plan of the run does not exist\n"
        "To do: run upgradeproof in the folder in which pytest ran\n",
    )


def test_a_run_without_the_path_of_its_plan_is_an_error(
    upgradeproof: Command, tmp_path: Path
) -> None:
    folder = reports(tmp_path, cell(ONE, state(DEPLOY)))
    plain = json.loads((folder / "run.json").read_text())
    del plain["plans"]
    (folder / "run.json").write_text(json.dumps(plain))
    result = upgradeproof(*WRITE)
    assert result.status == 4
    refused(
        result,
        tmp_path,
        "the run does not record the plan of thing",
        "To do: run pytest again with this version of upgradeproof",
    )


def test_without_a_run_there_is_nothing_to_accept(upgradeproof: Command, tmp_path: Path) -> None:
    assert upgradeproof(*WRITE) == CommandResult(
        4,
        "",
        f"upgradeproof: there is no run in {tmp_path}/reports/out\nTo do: run pytest first\n",
    )
    (tmp_path / "killed" / "journal").mkdir(parents=True)
    (tmp_path / "killed" / "journal" / "main-1.jsonl").touch()
    assert upgradeproof(*WRITE, "--run", "killed").err == (
        "upgradeproof: there is no run in killed\n"
        "its journals are there, and run.json is not\n"
        "To do: `upgradeproof report killed` folds them\n"
    )


def test_changes_of_two_products_need_the_name_of_one(
    upgradeproof: Command, tmp_path: Path
) -> None:
    other = "debian-12-amd64.container.other-1-to-2"
    folder = reports(
        tmp_path, cell(ONE, state(DEPLOY)), cell(other, state(DEPLOY), product="other")
    )
    refused(
        upgradeproof(*WRITE),
        tmp_path,
        "users/deploy matches changes of several products: thing, other",
        "each product has its own plan",
        "To do: name the cells: --cell '*.thing-*', then --cell '*.other-*'",
    )
    assert upgradeproof(*WRITE, "--cell", "*.thing-*").status == 0
    assert read_accepted(folder)[0].product == "thing"


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (
            ("--cell", "*-amd46.*"),
            ("no cell of the run matches *-amd46.*", f"valid: {ONE}, {TWO}"),
        ),
        (
            ("--upgrade", "1-to-4"),
            ("no selected cell has the upgrade 1-to-4", "did you mean '1-to-2'?"),
        ),
    ],
)
def test_an_unknown_cell_or_upgrade_is_an_error(
    upgradeproof: Command, tmp_path: Path, words: tuple[str, ...], lines: tuple[str, ...]
) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)), cell(TWO, state(DEPLOY)))
    refused(upgradeproof(*WRITE, *words), tmp_path, *lines)


def test_an_invalid_accepted_file_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    folder = reports(tmp_path, cell(ONE, state(DEPLOY)))
    (folder / "accepted.json").write_text("{}")
    assert upgradeproof(*WRITE).err == (
        f"upgradeproof: {folder}/accepted.json can't be read\n"
        "To do: run pytest again: it writes a new one\n"
    )
