"""A failed step is in the reports once: as the check that the upgrade completes."""

from __future__ import annotations

from upgradeproof.render.findings import causes, records
from upgradeproof.render.formats.github import commands
from upgradeproof.render.formats.sarif import log
from upgradeproof.results import Cell, Check, Run, State, Verdict

WHY = "the step 'upgrade' failed with exit status 3\nthing: no space"
AFTER = "upgraded was not reached: the step 'upgrade' failed with exit status 3"
COMPLETES = "test_upgrade_completes::test_upgrade_completes"
OTHERS = tuple(
    Check(id=f"test_kernel::test_{n}", verdict=Verdict.NEVER_RAN, reason=AFTER) for n in range(60)
)


def failed_step(*checks: Check) -> Run:
    state = State(name="upgraded", verdict=Verdict.FAILED, reason=WHY)
    cell = Cell(
        id="p.u", platform="p", upgrade="u", product="thing", checks=checks, states=(state,)
    )
    return Run(
        run_id="r",
        started_at="2026-03-12T09:14:02+00:00",
        finished_at="2026-03-12T09:15:02+00:00",
        upgradeproof="0.1.0",
        cells=(cell,),
    )


FAILED = failed_step(*OTHERS, Check(id=COMPLETES, verdict=Verdict.FAILED, reason=WHY))


def test_the_first_cause_is_the_check() -> None:
    first, second = causes(records(FAILED))
    assert (first.first.name, first.first.also) == (COMPLETES, ())
    assert (second.first.reason, len(second.first.also)) == (AFTER, 59)


def test_a_state_is_the_cause_where_no_check_has_its_reason() -> None:
    first, _ = causes(records(failed_step(*OTHERS)))
    assert (first.first.name.endswith("upgraded"), first.first.reason) == (True, WHY)


def test_sarif_and_annotations_have_it_once() -> None:
    results = log(FAILED)["runs"][0]["results"]
    assert [result["ruleId"] for result in results if result["kind"] == "fail"] == [COMPLETES]
    assert commands(FAILED).count("::error ") == 1
