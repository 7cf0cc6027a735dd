"""The security scan decides by the policy, and is signed with the decision."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.decision.runs import AT, CELL, cell, check, policy, reasons, run, write_folder
from tests.unit.decision.signed import decided_folder, make_key
from tests.unit.decision.test_page import Reader
from upgradeproof.decision.deciding import Answer, Question, decide
from upgradeproof.decision.folder import ask, read_decision, recorded
from upgradeproof.decision.model import Inputs
from upgradeproof.decision.names import DECISION
from upgradeproof.decision.page import page
from upgradeproof.decision.policy import CellRule, ScanRules
from upgradeproof.decision.waivers import Waivers
from upgradeproof.results.scan import Level, Part, Rule, Scan, ScannedCell, SecurityFinding

__all__ = ["upgradeproof"]
MISSING = "scan.errors: {} security scan: security-update-missing: openssl: 3.0.22 is offered"
NOTE = (
    "scan.errors: {} security scan: security-update-missing: A fixed version is in the archive and"
    " was not installed"
)
LEFT_OUT = Part(rule=Rule.VULNERABILITY, reason="no database was given")


def part(*levels: Level, answer: str = "") -> Part:
    return Part(
        rule=Rule.SECURITY_UPDATE,
        findings=tuple(
            SecurityFinding(
                rule=Rule.SECURITY_UPDATE,
                level=level,
                subject="openssl",
                text="3.0.22 is offered",
                answer=answer,
            )
            for level in levels
        ),
    )


def scan(*parts: Part, run_id: str = "new") -> Scan:
    return Scan(
        run_id=run_id,
        upgradeproof="0.1.0",
        cells=(ScannedCell(cell=CELL, facts="facts.json", parts=parts),),
    )


def asked(found: Scan | None, rules: ScanRules, **more: object) -> tuple[Question, Answer]:
    question = Question(
        run=run(cell(check("a"))),
        policy=policy(scan=rules, **more),
        at=AT,
        inputs=Inputs(run="a" * 64, policy="b" * 64),
        waivers=Waivers(),
        scan=found,
    )
    return question, decide(question)


@pytest.mark.parametrize(
    ("found", "rules", "reason"),
    [
        (scan(part("error")), {}, f"no_go {MISSING}"),
        (scan(part("error")), {"errors": "note"}, f"note {NOTE}"),
        (scan(part("warning", "warning")), {}, f"note {NOTE.replace('errors', 'warnings')}"),
        (
            scan(part("warning", "warning", "warning")),
            {"warnings": "no_go"},
            f"no_go {MISSING.replace('errors', 'warnings')} (and 2 more)",
        ),
        (scan(part("note")), {}, None),
        (scan(part("error", answer="not_affected: it is not called")), {}, None),
        (
            scan(LEFT_OUT),
            {},
            (
                "note scan.not_applicable: {} security scan: known-vulnerability was not looked"
                " for: no database was given"
            ),
        ),
        (scan(), {"required": True}, None),
        (None, {}, None),
        (
            None,
            {"required": True},
            (
                "cannot_tell scan.required: the policy requires a security scan, and the run was"
                " not scanned"
            ),
        ),
    ],
)
def test_the_policy_decides_what_a_scan_means(
    found: Scan | None, rules: dict[str, object], reason: str | None
) -> None:
    decision = asked(found, ScanRules.model_validate(rules))[1].decision
    where = f"{CELL}:"
    assert reasons(decision) == ([reason.format(where)] if reason else [])


def test_a_finding_on_an_optional_cell_is_a_note() -> None:
    rules = (CellRule(select=("other",)), CellRule(select=(CELL,), required=False))
    decision = asked(scan(part("error")), ScanRules(), cells=rules)[1].decision
    assert f"note {NOTE.format(f'{CELL}:')}" in reasons(decision)


def test_the_page_states_what_was_looked_for() -> None:
    found = scan(part("error"), LEFT_OUT)
    text = Reader(page(*asked(found, ScanRules()))).text
    assert "security-update-missing: 1 finding" in text
    assert "known-vulnerability: not looked for on 1 of 1 cell" in text
    noted = Reader(page(*asked(scan(part("note", "note")), ScanRules()))).text
    assert "no finding, 2 notes (openssl: 3.0.22 is offered)" in noted
    assert "The run was not scanned" in Reader(page(*asked(None, ScanRules()))).text


def test_the_scan_is_an_input_that_the_decision_can_be_made_from_again(
    upgradeproof: Command, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "reports" / "out")
    (folder / "scan.json").write_text(scan(part("error")).model_dump_json())
    done = upgradeproof("decide", "--at", "2026-01-02")
    assert done.status == 1
    assert "openssl: 3.0.22 is offered [scan.errors]" in done.out
    (folder / "scan.json").unlink()
    decision = read_decision(folder / DECISION)
    again = decide(ask(recorded(folder), datetime.fromisoformat(decision.decided_at)))
    assert again.decision == decision


def test_the_scan_of_another_run_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "reports" / "out")
    (folder / "scan.json").write_text(scan(run_id="old").model_dump_json())
    assert upgradeproof("decide", "--at", "2026-01-02") == CommandResult(
        4,
        "",
        f"upgradeproof: {folder}/scan.json is the scan of run old, and this is run new\n"
        "To do: `upgradeproof scan` scans this run\n",
    )


def test_a_scan_after_the_decision_is_not_signed(upgradeproof: Command, tmp_path: Path) -> None:
    make_key(tmp_path / "ada")
    folder = decided_folder(tmp_path)
    (folder / "scan.json").write_text(scan(run_id="run1").model_dump_json())
    done = upgradeproof("sign", "out", "--key", "ada")
    assert (done.status, done.out) == (5, "")
    assert "scan.json is not the scan that the decision was made from" in done.err
