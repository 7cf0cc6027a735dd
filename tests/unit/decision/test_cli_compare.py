"""`upgradeproof compare` and `upgradeproof history`."""

from __future__ import annotations

from pathlib import Path

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.decision.runs import CELL, cell, check, failed, run, write_folder

__all__ = ["upgradeproof"]


def test_compare(upgradeproof: Command, tmp_path: Path) -> None:
    write_folder(tmp_path / "runs" / "old", run(run_id="old"))
    write_folder(tmp_path / "runs" / "new", run(cell(check("packages::new"), failed())))
    assert upgradeproof("compare", "runs/old", "runs/new") == CommandResult(
        1,
        f"run new, compared with run old\nregressed: {CELL} ports::open: passed -> failed\n",
        "",
    )
    assert upgradeproof("compare", "runs/new", "runs/new") == CommandResult(
        0,
        f"run new, compared with run new\nstill failing: {CELL} ports::open: failed -> failed\n",
        "",
    )


def test_compare_of_one_run_is_an_error(upgradeproof: Command) -> None:
    assert upgradeproof("compare", "runs/old") == CommandResult(
        2,
        "",
        "upgradeproof: a comparison needs two runs\nTo do: `upgradeproof compare OLD NEW`\n",
    )


def test_history(upgradeproof: Command, tmp_path: Path) -> None:
    write_folder(tmp_path / "runs" / "old", run(cell(check("a"), failed()), run_id="old"))
    assert upgradeproof("history", "add", "runs/old").out == "added old\n"
    assert upgradeproof("history", "add", "runs/old").out == "is there already: old\n"
    assert upgradeproof("history", "list") == CommandResult(
        0,
        "old  2026-01-01T00:00:00.000+00:00  failed: 2 checks, 1 failed (0 waived), 0 unknown\n",
        "",
    )
    assert upgradeproof(
        "compare", "runs/old", "runs/old", "--history", "reports/history.sqlite"
    ).out == (
        f"run old, compared with run old\nstill failing: {CELL} ports::open: failed -> failed\n"
    )
