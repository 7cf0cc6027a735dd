from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.unit.render.example import example_run
from tests.unit.render.schemas import problems
from tests.unit.render.test_page import hostile_run
from tests.unit.render.test_summary import small_run
from upgradeproof.render import Options, Suppression
from upgradeproof.render.formats.sarif import log
from upgradeproof.results import Run
from upgradeproof.results.declared import PlanFile

SCHEMA = "sarif-2.1.0.schema.json"
PLACE = ("debian-12.vm.thing-2-to-3", "test_ports::test_no_listening_port_is_lost")
WAIVER = Suppression(
    id="ports", reason="the exporter is gone", owner="ann", ticket="T-1", expires="2026-05-31"
)
PLAN = """name = "thing"
[[upgrade]]
from = "1"
to = "2"
[[upgrade]]
from = "2"
to = "3"
"""


def results(run: Run, options: Options | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log(run, options or Options())["runs"][0]["results"]
    return found


@pytest.mark.parametrize("run", [example_run(), hostile_run(), small_run()])
def test_the_schema_accepts_every_log(run: Run) -> None:
    plans = (PlanFile(product=run.cells[0].product, path="a b/upgrade.toml", sha256=""),)
    options = Options(suppressions={PLACE: WAIVER})
    assert problems(log(run.model_copy(update={"plans": plans}), options), SCHEMA) == []


def test_the_schema_refuses_what_is_wrong() -> None:
    wrong = log(small_run())
    wrong["runs"][0]["results"][0]["kind"] = "bad"
    assert len(problems(wrong, SCHEMA)) == 1


def test_a_failure_is_at_the_line_of_its_upgrade(tmp_path: Path) -> None:
    (tmp_path / "upgrade.toml").write_text(PLAN)
    digest = hashlib.sha256(PLAN.encode()).hexdigest()
    plan = PlanFile(product="thing", path="upgrade.toml", sha256=digest)
    run = small_run().model_copy(update={"plans": (plan,)})
    (result,) = results(run, Options(root=tmp_path))
    assert (result["kind"], result["level"]) == ("fail", "error")
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "upgrade.toml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 5},
    }


def test_a_waiver_is_a_suppression_of_its_check_alone() -> None:
    (result,) = results(small_run(), Options(suppressions={PLACE: WAIVER}))
    assert result["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "the exporter is gone (ann, T-1, until 2026-05-31)",
        }
    ]
    (result,) = results(small_run(), Options(suppressions={("other", PLACE[1]): WAIVER}))
    assert result["suppressions"] == []


def test_a_broken_check_is_open_and_reported_by_the_invocation() -> None:
    run = example_run()
    kinds = {result["properties"]["verdict"]: result["kind"] for result in results(run)}
    assert kinds == {"failed": "fail", "broken": "open", "never_ran": "open"}
    invocation = log(run)["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == (
        "1 cell broke: nothing is known of the product."
    )


def test_a_killed_run_was_not_successful() -> None:
    killed = small_run().model_copy(update={"finished_at": None})
    invocation = log(killed)["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert log(small_run())["runs"][0]["invocations"] == [{"executionSuccessful": True}]


def test_one_rule_covers_all_subjects_of_a_check() -> None:
    rules = log(example_run())["runs"][0]["tool"]["driver"]["rules"]
    names = [rule["id"] for rule in rules]
    assert len(names) == len(set(names))
    assert not [name for name in names if "[" in name]
