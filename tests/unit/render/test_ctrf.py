from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.render.example import example_run
from tests.unit.render.schemas import problems
from tests.unit.render.test_page import hostile_run
from tests.unit.render.test_summary import small_run
from upgradeproof.render import Options, every_format
from upgradeproof.render.formats.ctrf import report, status
from upgradeproof.results import Cell, Run, Verdict

SCHEMA = "ctrf.schema.json"
EMPTY = Run(run_id="", started_at="", finished_at="", upgradeproof="0.1.0")


@pytest.mark.parametrize("run", [example_run(), hostile_run(), small_run(), EMPTY])
def test_the_schema_accepts_every_report(run: Run) -> None:
    options = Options(shard="3", baseline=example_run())
    assert problems(report(run, options), SCHEMA) == []


def test_the_schema_refuses_what_is_wrong() -> None:
    wrong = report(small_run())
    wrong["results"]["summary"]["tests"] = "two"
    assert problems(wrong, SCHEMA) == ["$.results.summary.tests: 'two' is not of type 'integer'"]


def test_a_verdict_is_the_raw_status_and_only_passed_is_passed() -> None:
    assert {verdict: status(verdict) for verdict in Verdict} == {
        Verdict.PASSED: "passed",
        Verdict.FAILED: "failed",
        Verdict.NOT_APPLICABLE: "skipped",
        Verdict.BROKEN: "other",
        Verdict.NEVER_RAN: "pending",
    }


def test_the_entry_of_a_failed_check(tmp_path: Path) -> None:
    path = every_format()["ctrf"].write(small_run(), tmp_path)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert path.name == "ctrf.json"
    assert found["specVersion"] == "1.0.0"
    assert found["results"]["tests"][-1] == {
        "testId": "debian-12.vm.thing-2-to-3/test_ports::test_no_listening_port_is_lost",
        "name": "No listening port is lost",
        "status": "failed",
        "rawStatus": "failed",
        "duration": 0,
        "suite": ["thing", "debian-12.vm.thing-2-to-3", "test_ports"],
        "labels": {"product": "thing", "platform": "debian-12.vm", "upgrade": "thing-2-to-3"},
        "extra": {"check": "test_ports::test_no_listening_port_is_lost", "states": []},
        "message": "assert lost == ()",
        "trace": "assert lost == ()\n  lost listening ports: 1",
    }
    assert found["results"]["summary"] == {
        "tests": 3,
        "passed": 2,
        "failed": 1,
        "skipped": 0,
        "pending": 0,
        "other": 0,
        "suites": 2,
        "start": 1773306842000,
        "stop": 1773309767000,
    }


def test_shard_and_baseline_are_named() -> None:
    first = report(example_run())
    found = report(small_run(), Options(shard="2 of 3", baseline=example_run()))
    assert found["results"]["environment"]["shardId"] == "2 of 3"
    assert found["baseline"]["reportId"] == first["reportId"]
    assert report(small_run())["reportId"] == found["reportId"] != first["reportId"]


def test_a_selected_cell_without_checks_has_an_entry() -> None:
    cell = Cell(id="p.u", platform="p", upgrade="u", product="x", reason="no image")
    (test,) = report(small_run().model_copy(update={"cells": (cell,)}))["results"]["tests"]
    assert (test["status"], test["rawStatus"], test["message"]) == (
        "pending",
        "never_ran",
        "no image",
    )
