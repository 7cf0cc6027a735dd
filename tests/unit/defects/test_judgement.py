"""The judgement of a run with an injected defect: caught, missed, or caught by accident."""

from __future__ import annotations

import pytest

from tests.unit.defects.runs import BROKEN, FAILED, NEVER, PASSED, cell, check, defect, state
from upgradeproof.defects.judgement import Sighting, alarms, first_line, judge, why_unknown
from upgradeproof.plan.defects import Defect
from upgradeproof.results import Check, State

SEEN = defect(
    detected_by=["test_modules::test_module_is_there*loop*"],
    allowed_failures=[{"checks": ["test_services::*"], "reason": "a service needs it"}],
)
STOPPED = defect(stop_reason="* does not boot: initramfs shell*")
LOOP, OTHER = "test_modules::test_module_is_there[loop]", "test_data::test_data_is_read[a]"
SERVICE = "test_services::test_service_is_active[x]"
BOTH = defect(detected_by=SEEN.detected_by, stop_reason=STOPPED.stop_reason)
DOWN = "m does not boot: initramfs shell: x\nconsole"

Ids = tuple[str, ...]
CASES: dict[str, tuple[Defect, list[Check | State], tuple[Ids, Ids, Ids]]] = {
    "seen": (SEEN, [check(LOOP)], ((LOOP,), (), ())),
    "seen, all else passed": (SEEN, [check(LOOP), check(OTHER, PASSED)], ((LOOP,), (), ())),
    "with a consequence": (SEEN, [check(LOOP), check(SERVICE)], ((LOOP,), (), ())),
    "with what follows from it by its suite": (
        SEEN,
        [check(LOOP), check(OTHER).model_copy(update={"follows": ("test_modules::*",)})],
        ((LOOP,), (), ()),
    ),
    "seen by a check of the whole machine, too": (
        SEEN,
        [check(LOOP), check("test_files::test_content_is_kept")],
        ((LOOP,), (), ()),
    ),
    "seen by a check of the whole machine alone": (
        SEEN,
        [check("test_files::test_content_is_kept")],
        ((), SEEN.detected_by, ()),
    ),
    "not seen": (SEEN, [check(LOOP, PASSED)], ((), SEEN.detected_by, ())),
    "a consequence alone": (SEEN, [check(SERVICE)], ((), SEEN.detected_by, ())),
    "something else, too": (SEEN, [check(LOOP), check(OTHER)], ((LOOP,), (), (OTHER,))),
    "something else broke": (SEEN, [check(LOOP), check(OTHER, BROKEN)], ((LOOP,), (), (OTHER,))),
    "it broke instead": (SEEN, [check(LOOP, BROKEN)], ((), SEEN.detected_by, (LOOP,))),
    "it never ran": (SEEN, [check(LOOP, NEVER)], ((), SEEN.detected_by, ())),
    "stopped before": (
        SEEN,
        [check(LOOP, FAILED, "it failed\nlong"), state("upgraded", FAILED, "it failed\nlong")],
        ((), SEEN.detected_by, ("state upgraded",)),
    ),
    "seen, then the rollback failed": (
        SEEN,
        [check(LOOP), state("upgraded"), state("rolled_back", FAILED, "the rollback failed")],
        ((LOOP,), (), ("state rolled_back",)),
    ),
    "stopped as it must be": (
        STOPPED,
        [check(OTHER, FAILED, DOWN), state("upgraded", FAILED, DOWN)],
        (("state upgraded",), (), ()),
    ),
    "stopped, and something of its own failed": (
        STOPPED,
        [check(OTHER), state("upgraded", FAILED, DOWN)],
        (("state upgraded",), (), (OTHER,)),
    ),
    "stopped, and what ran before it saw nothing": (
        BOTH,
        [check(LOOP, PASSED), state("upgraded", FAILED, DOWN)],
        (("state upgraded",), BOTH.detected_by, ()),
    ),
    "stopped, and what could see it never ran": (
        BOTH,
        [check(LOOP, NEVER), state("upgraded", FAILED, DOWN)],
        (("state upgraded",), (), ()),
    ),
    "stopped without a reason": (
        STOPPED,
        [state("upgraded", FAILED, "")],
        ((), (STOPPED.stop_reason,), ("state upgraded",)),
    ),
    "not stopped": (STOPPED, [check(OTHER, PASSED)], ((), (STOPPED.stop_reason,), ())),
}


@pytest.mark.parametrize("name", CASES)
def test_failures_are_compared_with_the_defect(name: str) -> None:
    of, parts, expected = CASES[name]
    found = judge(of, cell(*parts))
    by, unrelated = (
        tuple(each.id for each in many) for many in (found.detected_by, found.unrelated)
    )
    assert (by, found.missed, unrelated) == expected
    assert found.caught == (bool(by) and not found.missed and not unrelated)


def test_every_declared_check_must_fail() -> None:
    both = defect(detected_by=["test_a::*", "test_b::*"])
    found = judge(both, cell(check("test_a::test_one")))
    assert (found.missed, found.caught) == (("test_b::*",), False)


def test_a_sighting_has_the_first_line_of_the_reason() -> None:
    found = judge(SEEN, cell(check(LOOP, FAILED, "\n  loop is not there\nassert 1")))
    assert found.detected_by == (Sighting(id=LOOP, error="loop is not there"),)


@pytest.mark.parametrize("verdict", [BROKEN, NEVER])
def test_the_result_is_unknown_if_the_harness_did_not_reach_a_state(verdict: object) -> None:
    lost = state("installed").model_copy(update={"verdict": verdict, "reason": "no engine"})
    assert why_unknown(SEEN, cell(lost)) == f"installed was not reached ({verdict}): no engine"
    assert why_unknown(SEEN, cell(state("upgraded", FAILED, "the product"))) == ""


def test_the_result_is_unknown_if_a_check_broke_that_the_defect_does_not_allow() -> None:
    full = check(OTHER, BROKEN, "the disk is full")
    assert why_unknown(SEEN, cell(check(LOOP), full)) == f"{OTHER} broke: the disk is full"
    assert why_unknown(SEEN, cell(check(LOOP), check(SERVICE, BROKEN, "x"))) == ""


def test_the_result_is_unknown_if_the_check_that_must_see_it_broke_whatever_may_fail() -> None:
    lenient = defect(
        detected_by=SEEN.detected_by,
        allowed_failures=[{"checks": ["test_modules::*"], "reason": "others wait for it"}],
    )
    assert lenient.allows(LOOP)
    late = check(LOOP, BROKEN, "the generator was late")
    assert why_unknown(lenient, cell(late)) == f"{LOOP} broke: the generator was late"


def test_a_good_cell_that_passed_has_no_alarm() -> None:
    assert alarms(cell(check(LOOP, PASSED), state("upgraded"))) == ()


def test_every_failure_of_a_good_cell_is_an_alarm() -> None:
    found = alarms(
        cell(
            check(LOOP),
            check(OTHER, BROKEN),
            check(SERVICE, FAILED, "down"),
            state("installed"),
            state("upgraded", FAILED, "down\nlong"),
        )
    )
    assert [each.id for each in found] == ["state upgraded", LOOP, OTHER]
    assert [each.id for each in alarms(cell(state("installed", NEVER, "x")))] == ["state installed"]


def test_control_characters_of_a_machine_are_replaced() -> None:
    assert first_line("\x1b[2J\x9b31mred\r\nnext") == "\ufffd[2J\ufffd31mred"
    assert first_line("") == ""
