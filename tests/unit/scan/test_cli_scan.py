"""`upgradeproof scan`: its output, scan.json and scan.sarif."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.command_line import Command, upgradeproof
from tests.unit.render.schemas import problems
from tests.unit.scan.example import CELL, TRACKER, package, scanned, upgraded, write_json
from tests.unit.scan.test_vulnerabilities import FIXED_LATER, OPEN, statement, vex
from upgradeproof.results.scan import Rule, Scan
from upgradeproof.scan.sarif import as_sarif

__all__ = ["upgradeproof"]


def test_findings_are_printed_and_written(upgradeproof: Command, tmp_path: Path) -> None:
    scanned(tmp_path / "out", {"upgraded": upgraded(packages={"a": package(security_update="3")})})
    done = upgradeproof("scan", "out")
    assert (done.status, done.err) == (1, "")
    lines = done.out.splitlines()
    assert lines[:2] == [
        CELL,
        "  error security-update-missing: a: 2.0-1 is installed, and a security suite offers 3",
    ]
    assert (
        "  not applicable known-vulnerability: "
        "no file of the Debian security tracker and no report of Trivy was given"
    ) in lines
    assert lines[-1] == "there are findings: out/scan.json"
    written = Scan.model_validate_json((tmp_path / "out" / "scan.json").read_bytes())
    assert written.verdict == "failed"
    assert json.loads((tmp_path / "out" / "scan.sarif").read_text())["version"] == "2.1.0"


def test_an_unexamined_subject_is_never_green(upgradeproof: Command, tmp_path: Path) -> None:
    scanned(tmp_path / "out")
    done = upgradeproof("scan", "out")
    assert done.status == 0
    assert done.out.splitlines()[-1] == (
        "no error and no warning, and not all was looked for: out/scan.json"
    )


def test_an_answered_vulnerability_is_suppressed(upgradeproof: Command, tmp_path: Path) -> None:
    scanned(tmp_path / "out")
    write_json(tmp_path / "tracker.json", TRACKER)
    write_json(tmp_path / "vex.json", vex(statement()))
    done = upgradeproof("scan", "out", "--tracker", "tracker.json", "--vex", "vex.json")
    assert done.status == 1
    answer = "not affected: vulnerable code not in execute path (ada)"
    word, text = FIXED_LATER.split(" ", 1)
    assert f"  {word} known-vulnerability: {text} [answered: {answer}]" in done.out.splitlines()
    written = json.loads((tmp_path / "out" / "scan.sarif").read_text())
    assert problems(written, "sarif-2.1.0.schema.json") == []
    (log,) = written["runs"]
    assert [bool(each["suppressions"]) for each in log["results"][-3:]] == [True, False, False]
    assert log["results"][-3]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": answer}
    ]
    assert log["results"][-1]["message"]["text"] == f"{CELL}: {OPEN.split(' ', 1)[1]}"


def test_the_log_is_reproducible_and_names_every_rule(tmp_path: Path) -> None:
    found = scanned(tmp_path, tracker=write_json(tmp_path / "t.json", TRACKER))
    text = as_sarif(found)
    assert text == as_sarif(found)
    (log,) = json.loads(text)["runs"]
    rules = [each["id"] for each in log["tool"]["driver"]["rules"]]
    assert rules == [str(rule) for rule in Rule]
    for each in log["results"]:
        assert rules[each["ruleIndex"]] == each["ruleId"]
        place = each["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "evidence/upgraded/facts.json"


def test_an_invalid_run_is_one_clear_error(upgradeproof: Command) -> None:
    done = upgradeproof("scan", "nowhere")
    assert (done.status, done.out) == (4, "")
    assert done.err == "upgradeproof: there is no run in nowhere\nTo do: run pytest first\n"
