"""`upgradeproof accept` adds an expected change to the right plan, or prints one error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.plan.texts import PLAN
from tests.unit.review.runs import (
    ARM,
    BOTH,
    ONE,
    TWO,
    came,
    cell,
    change,
    plan_file,
    reports,
    run,
    state,
)
from upgradeproof.plan import load_plan
from upgradeproof.review.ledger import read_accepted

__all__ = ["upgradeproof"]

DEPLOY = came("users/deploy")
REASON = "the deployment makes this user"
WRITE = ("accept", "users/deploy", "--reason", REASON)
BLOCK = f"""
[[{{}}]]
facts = ["users/deploy"]
reason = "{REASON}"
"""


def text(folder: Path) -> str:
    return (folder / "upgrade.toml").read_text(encoding="utf-8")


def test_a_change_of_all_upgrades_is_added_to_the_plan(
    upgradeproof: Command, tmp_path: Path
) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)), cell(TWO, state(DEPLOY)))
    assert upgradeproof(*WRITE) == CommandResult(
        0, "upgrade.toml: [[expect.change]]; it explains 2 changes\n", ""
    )
    assert text(tmp_path) == PLAN + BLOCK.format("expect.change")
    assert load_plan(tmp_path / "upgrade.toml").expect.change[-1].reason == REASON


def test_the_folder_of_the_run_gets_no_other_file_than_the_record(
    upgradeproof: Command, tmp_path: Path
) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)))
    folder = tmp_path / "reports" / "out"
    before = {path.name for path in folder.iterdir()}
    assert upgradeproof(*WRITE).status == 0
    assert {path.name for path in folder.iterdir()} - before == {"accepted.json"}


@pytest.mark.parametrize(
    ("cells", "upgrade", "named"),
    [
        (([TWO], [ONE]), 1, "2-to-3"),
        (([TWO, BOTH], [ONE]), 1, "2-to-3"),
        (([ONE, BOTH], [TWO]), 0, "1-to-2"),
        (([BOTH], [ONE, TWO]), 2, "1-to-2-to-3"),
        (([ONE, ARM], [TWO, BOTH]), None, ""),
        (([ARM], [ONE, TWO]), None, ""),
        (([BOTH], []), 0, "1-to-2"),
    ],
    ids=[
        "one upgrade",
        "one upgrade, and the way via it",
        "the other one, and the way via it",
        "only the way via both",
        "an upgrade that another cell takes without it",
        "one platform of several",
        "nothing is known of the others: the first that it may be",
    ],
)
def test_a_change_of_one_upgrade_is_added_to_that_upgrade(
    upgradeproof: Command,
    tmp_path: Path,
    cells: tuple[list[str], list[str]],
    upgrade: int | None,
    named: str,
) -> None:
    seen, unseen = cells
    reports(
        tmp_path,
        *(cell(name, state(DEPLOY)) for name in seen),
        *(cell(name, state()) for name in unseen),
    )
    result = upgradeproof(*WRITE)
    where = f"[[upgrade.expect.change]] of {named}" if named else "[[expect.change]]"
    assert result.out.startswith(f"upgrade.toml: {where}; it explains")
    plan = load_plan(tmp_path / "upgrade.toml")
    found = plan.expect if upgrade is None else plan.upgrade[upgrade].expect
    assert found.change[-1].facts == ("users/deploy",)


def test_a_change_is_added_to_the_named_upgrade(upgradeproof: Command, tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)), cell(TWO, state(DEPLOY)), cell(BOTH, state()))
    assert upgradeproof(*WRITE, "--upgrade", "2-to-3") == CommandResult(
        0, "upgrade.toml: [[upgrade.expect.change]] of 2-to-3; it explains 1 change\n", ""
    )
    assert load_plan(tmp_path / "upgrade.toml").upgrade[1].expect.change[0].reason == REASON


AMD = "*-amd64.*"
OTHER_ARM = "debian-12-arm64.container.thing-2-to-3"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (([ONE, ARM], []), (AMD, AMD, "")),
        (([ONE], [ARM]), (AMD, AMD, "")),
        (([ONE, ARM], [TWO]), (AMD, ONE, "")),
        (([ONE, TWO, ARM], []), (AMD, AMD, "")),
        (([ONE, ARM, BOTH], []), ("*.thing-1-to-2", "*.thing-1-to-2", BOTH)),
        (([ONE, ARM], [OTHER_ARM]), (ARM, ARM, "")),
        (([ONE, ARM], []), ("*arm64*", "*arm64*", "")),
    ],
    ids=[
        "both platforms show it",
        "one platform shows it",
        "of two upgrades of these cells one shows it",
        "both upgrades show it",
        "an upgrade that goes via one of these",
        "one cell by its id",
        "a glob that also fits the platform",
    ],
)
def test_a_change_of_the_named_cells_is_added_in_an_override(
    upgradeproof: Command,
    tmp_path: Path,
    cells: tuple[list[str], list[str]],
    words: tuple[str, str, str],
) -> None:
    (seen, unseen), (glob, select, also) = cells, words
    folder = reports(
        tmp_path,
        *(cell(name, state(DEPLOY)) for name in seen),
        *(cell(name, state()) for name in unseen),
    )
    done = upgradeproof(*WRITE, "--cell", glob)
    where = f"upgrade.toml: [[override.expect.change]] for {select}; it explains "
    assert done.out.startswith(where)
    assert done.out.splitlines()[1:] == ([f"it also applies to {also}"] if also else [])
    override = f'\n[[override]]\nselect = ["{select}"]\n'
    assert text(tmp_path) == PLAN + override + BLOCK.format("override.expect.change")
    (accepted,) = read_accepted(folder)
    left = [name for name in (*seen, *unseen) if name not in accepted.cells and name in seen]
    printed = upgradeproof("review", "--list").out
    assert [
        line.partition(",")[0] for line in printed.splitlines() if ", upgraded:" in line
    ] == left


def test_a_change_of_all_cells_of_an_upgrade_is_added_to_the_upgrade(
    upgradeproof: Command, tmp_path: Path
) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)), cell(ARM, state(DEPLOY)), cell(TWO, state(DEPLOY)))
    assert upgradeproof(*WRITE, "--cell", "*.thing-1-to-2").out == (
        "upgrade.toml: [[upgrade.expect.change]] of 1-to-2; it explains 2 changes\n"
    )


def test_two_changes_of_the_same_cells_are_added_to_one_override(
    upgradeproof: Command, tmp_path: Path
) -> None:
    both = state(DEPLOY, came("groups/deploy"))
    reports(tmp_path, cell(ONE, both), cell(ARM, both))
    assert upgradeproof(*WRITE, "--cell", AMD).status == 0
    words = ("accept", "groups/deploy", "--reason", "it goes with the user", "--cell", AMD)
    assert upgradeproof(*words).status == 0
    (override,) = load_plan(tmp_path / "upgrade.toml").override
    assert [change.facts[0] for change in override.expect.change] == [
        "users/deploy",
        "groups/deploy",
    ]


def test_a_change_that_a_rollback_leaves_on_named_cells_is_added_in_an_override(
    upgradeproof: Command, tmp_path: Path
) -> None:
    folder = reports(tmp_path, cell(ONE, state()))
    path = tmp_path / "upgrade.toml"
    rollback = (
        '[[upgrade.rollback]]\nstep = "run"\nscript = "true"\n[[upgrade]]\nfrom = "1"\nto = "3"'
    )
    path.write_text(PLAN.replace('[[upgrade]]\nfrom = "1"\nto = "3"', rollback))
    back = (state(), state(DEPLOY, name="rolled_back"))
    found = run(cell(TWO, *back), cell(OTHER_ARM, *back), plans=[plan_file(tmp_path)])
    (folder / "run.json").write_text(found.model_dump_json())
    assert upgradeproof(*WRITE, "--cell", AMD).out == (
        f"upgrade.toml: [[override.allowed_changes]] for {AMD}; it explains 1 change\n"
    )
    assert load_plan(path).override[0].allowed_changes[0].facts == ("users/deploy",)


def test_a_change_that_only_a_rollback_shows_is_an_allowed_change(
    upgradeproof: Command, tmp_path: Path
) -> None:
    plan = reports(tmp_path, cell(TWO, state(), state(DEPLOY, name="rolled_back")))
    path = tmp_path / "upgrade.toml"
    rollback = (
        '[[upgrade.rollback]]\nstep = "run"\nscript = "true"\n[[upgrade]]\nfrom = "1"\nto = "3"'
    )
    path.write_text(PLAN.replace('[[upgrade]]\nfrom = "1"\nto = "3"', rollback))
    found = run(cell(TWO, state(), state(DEPLOY, name="rolled_back")), plans=[plan_file(tmp_path)])
    (plan / "run.json").write_text(found.model_dump_json())
    assert upgradeproof(*WRITE).out == (
        "upgrade.toml: [[upgrade.allowed_changes]] of 2-to-3; it explains 1 change\n"
    )
    assert load_plan(path).upgrade[1].allowed_changes[0].facts == ("users/deploy",)


def test_several_are_accepted_one_after_the_other(upgradeproof: Command, tmp_path: Path) -> None:
    folder = reports(tmp_path, cell(ONE, state(DEPLOY, came("groups/deploy"), came("units/x"))))
    assert upgradeproof(*WRITE).status == 0
    assert upgradeproof("accept", "groups/deploy", "--reason", "it goes with the user").status == 0
    assert [each.facts for each in read_accepted(folder)] == [("users/deploy",), ("groups/deploy",)]
    result = upgradeproof("review")
    assert (result.status, result.err) == (1, "")
    assert result.out.splitlines()[0] == f"{ONE}, upgraded: 1 change in 1 group"
    assert upgradeproof(*WRITE).err == (
        "upgradeproof: no unexplained change of the run matches 'users/deploy'\n"
        f"it was accepted since the run: {REASON}\n"
    )


def test_the_kind_is_written_and_applied(upgradeproof: Command, tmp_path: Path) -> None:
    gone = change("packages/php7.4-cli", "1", None).model_copy(update={"kind": "removed"})
    folder = reports(tmp_path, cell(ONE, state(gone)), cell(TWO, state(gone)))
    words = ("accept", "packages/php7.4-*", "--reason", "the site runs on 8.2")
    assert upgradeproof(*words).err == (
        "upgradeproof: no unexplained change of the run matches 'packages/php7.4-*'\n"
        "packages/php7.4-cli is of the kind 'removed'\n"
        "To do: add --kind 'removed' if that is correct\n"
    )
    assert upgradeproof(*words, "--kind", "removed").status == 0
    (added,) = load_plan(tmp_path / "upgrade.toml").expect.change
    assert (added.facts, added.kind) == (("packages/php7.4-*",), "removed")
    assert read_accepted(folder)[0].kind == "removed"
    assert upgradeproof("review").out == "unexplained changes left: 0\n"


def test_mode_and_link_of_the_plan_are_preserved(upgradeproof: Command, tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, state(DEPLOY)))
    target = tmp_path / "plan.toml"
    path = tmp_path / "upgrade.toml"
    path.rename(target)
    target.chmod(0o640)
    path.symlink_to(target)
    assert upgradeproof(*WRITE).status == 0
    assert path.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert BLOCK.format("upgrade.expect.change") in target.read_text()
    assert (
        sorted(found.name for found in tmp_path.iterdir())
        == [
            *("cache", "plan.toml", "reports", "upgrade.toml"),
        ][1:]
    )


def test_changes_that_were_explained_before_are_counted(
    upgradeproof: Command, tmp_path: Path
) -> None:
    before = came("users/deploy2", reason="known before")
    reports(tmp_path, cell(ONE, state(DEPLOY, before)))
    result = upgradeproof("accept", "users/deploy*", "--reason", REASON)
    assert result.out.splitlines()[1] == "it also covers 1 change with a reason before"
