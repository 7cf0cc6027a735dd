"""An expected change is unused if it is known that it did not happen in any cell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.results.events import (
    CELL,
    CONTROLLER,
    OTHER,
    WORKER,
    begun,
    declared,
    ended,
    failed,
    reached,
    started,
)
from upgradeproof.results import Change, PlanFile, Run, UnusedChange, Verdict, fold
from upgradeproof.results import journal as j

OLD = UnusedChange(product="thing", facts="packages/old", reason="it was right once")


def expected(*cells: str, facts: str = "packages/old") -> j.ChangeExpected:
    return j.ChangeExpected(
        change=OLD.model_copy(update={"facts": facts}),
        cells=cells or (CELL,),
        states=("installed", "upgraded"),
    )


def changed(path: str, second: int = 20) -> j.StateReached:
    change = Change(path=path, before="1", after="2", expected=True, reason="r", source="plan")
    return reached("upgraded", second).model_copy(update={"changes": (change,)})


def unused(*events: j.Event) -> tuple[UnusedChange, ...]:
    return fold([*CONTROLLER, *WORKER, *events]).unused


def test_a_change_that_happened_in_no_cell_is_reported_once() -> None:
    assert unused(expected(), expected()) == (OLD,)


@pytest.mark.parametrize("facts", ["packages/old", "packages/o*", "packages/*"])
def test_a_change_that_happened_is_used(facts: str) -> None:
    assert unused(expected(facts=facts), changed("packages/old")) == ()


@pytest.mark.parametrize(("kind", "found"), [("changed", 0), ("removed", 1), (None, 0)])
def test_a_change_of_another_kind_is_no_match(kind: Any, found: int) -> None:
    event = expected()
    event = event.model_copy(update={"change": event.change.model_copy(update={"kind": kind})})
    assert len(unused(event, changed("packages/old"))) == found


def test_the_result_of_a_deselected_cell_is_unknown() -> None:
    assert unused(expected(CELL, OTHER)) == ()


def test_the_result_of_a_cell_in_no_journal_is_unknown() -> None:
    assert unused(expected(CELL, "elsewhere")) == ()


def test_the_result_of_a_cell_with_missing_states_is_unknown() -> None:
    events: list[j.Event] = [
        begun(),
        declared(),
        expected(),
        started("installed", 2),
        reached("installed", 3),
    ]
    assert fold([*events, ended()]).unused == ()
    late: list[j.Event] = [started("upgraded", 4), failed("upgraded", 5)]
    assert fold([*events, *late, ended()]).unused == ()


def test_a_change_that_happened_on_one_of_two_platforms_is_used() -> None:
    other: list[j.Event] = [
        declared(OTHER),
        *(reached(s, 30).model_copy(update={"cell": OTHER}) for s in ("installed", "upgraded")),
    ]
    assert unused(expected(CELL, OTHER), *other) == (OLD,)
    assert unused(expected(CELL, OTHER), *other, changed("packages/old")) == ()


def green(*events: j.Event) -> Run:
    return fold([*CONTROLLER, *WORKER, expected(), *events])


def test_an_unused_change_does_not_change_the_verdict() -> None:
    assert (green().verdict, green().unused) == (Verdict.PASSED, (OLD,))


def test_a_strict_run_with_an_unused_change_fails() -> None:
    strict = begun().model_copy(update={"strict": True})
    assert (green(strict).strict, green(strict).verdict) == (True, Verdict.FAILED)
    assert green(strict, changed("packages/old")).verdict is Verdict.PASSED


def test_each_plan_is_reported_once() -> None:
    plan = PlanFile(product="thing", path="upgrade.toml", sha256="0" * 64)
    assert green(j.PlanDeclared(plan=plan), j.PlanDeclared(plan=plan)).plans == (plan,)
