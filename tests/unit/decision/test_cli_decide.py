"""`upgradeproof decide`: the decision on stdout, every reason, and decision.json."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.decision.runs import CELL, WAIVERS, cell, check, failed, run, write_folder
from upgradeproof.decision.deciding import decide
from upgradeproof.decision.folder import ask, read_decision, recorded
from upgradeproof.decision.names import DECISION
from upgradeproof.results import Verdict

__all__ = ["upgradeproof"]
AT = ("--at", "2026-01-02")


def test_go(upgradeproof: Command, tmp_path: Path) -> None:
    write_folder(tmp_path / "reports" / "out")
    assert upgradeproof("decide", *AT) == CommandResult(
        0,
        "GO: run new, 1 of 1 required cells fulfil the policy\n"
        f"page: {tmp_path}/reports/out/sign-off.html\n",
        "",
    )


def test_no_go_with_its_reasons(upgradeproof: Command, tmp_path: Path) -> None:
    made = run(cell(check("a"), failed(), check("b", Verdict.BROKEN, "no space")), fresh=False)
    write_folder(tmp_path / "reports" / "out", made)
    assert upgradeproof("decide", *AT) == CommandResult(
        1,
        "NO-GO: run new, 0 of 1 required cells fulfil the policy\n"
        "Reasons for NO-GO:\n"
        f"  {CELL} ports::open: tcp:9100 is not open any more [failed]\n"
        "Reasons for CAN'T TELL:\n"
        "  the run is not fresh: it may depend on states that earlier runs built [fresh]\n"
        "    To do: run pytest with --upgradeproof-fresh\n"
        f"  {CELL} b: 1 check broke: no space [broken]\n"
        f"page: {tmp_path}/reports/out/sign-off.html\n",
        "",
    )


def test_go_with_a_waiver_and_a_baseline(upgradeproof: Command, tmp_path: Path) -> None:
    made = run(cell(check("a"), failed()))
    write_folder(tmp_path / "reports" / "out", made, WAIVERS)
    write_folder(tmp_path / "reports" / "old", run(cell(check("a")), run_id="old"))
    assert upgradeproof("decide", *AT, "--baseline", "reports/old") == CommandResult(
        0,
        "GO: run new, 1 of 1 required cells fulfil the policy, with 1 waiver\n"
        "Waived failures:\n"
        f"  {CELL} ports::open\n"
        "    waiver W-1 of ada, T-1, until 2026-01-31: the exporter moves in the next release\n"
        f"Since run old: 1 waived\npage: {tmp_path}/reports/out/sign-off.html\n",
        "",
    )


def test_the_decision_is_the_same_when_it_is_made_again(
    upgradeproof: Command, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "reports" / "out", run(cell(check("a"), failed())), WAIVERS)
    write_folder(tmp_path / "reports" / "old", run(cell(check("a"), failed()), run_id="old"))
    upgradeproof("decide", *AT, "--baseline", "reports/old")
    text = (folder / DECISION).read_text()
    (tmp_path / "reports" / "policy.toml").unlink()
    decision = read_decision(folder / DECISION)
    again = decide(ask(recorded(folder), datetime.fromisoformat(decision.decided_at)))
    assert again.decision.as_json() == text


def test_a_run_of_a_newer_version_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "reports" / "out")
    data = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**data, "schema_version": 2, "more": 1}))
    assert upgradeproof("decide", *AT) == CommandResult(
        4,
        "",
        f"upgradeproof: {folder}/run.json was written by a newer upgradeproof\n"
        "its schema version is 2, and this version reads 1\n"
        "To do: use the version of upgradeproof that wrote it, or a newer one\n",
    )


def test_two_runs_of_different_plans_are_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    write_folder(tmp_path / "reports" / "out")
    other = cell(check("a"), name="debian-12-amd64.vm.web-1-to-2", product="web")
    write_folder(tmp_path / "reports" / "old", run(other, run_id="old"))
    assert upgradeproof("decide", *AT, "--baseline", "reports/old") == CommandResult(
        2,
        "",
        "upgradeproof: the runs old and new are of different plans: they have no cell in common\n"
        "products of old: web\n"
        "products of new: thing\n"
        "To do: name two runs of the same plan; `upgradeproof plan` prints its cells\n",
    )


def test_a_run_that_was_not_folded_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    assert upgradeproof("decide", "elsewhere", "--policy", "policy.toml") == CommandResult(
        4, "", "upgradeproof: there is no run in elsewhere\nTo do: run pytest first\n"
    )
