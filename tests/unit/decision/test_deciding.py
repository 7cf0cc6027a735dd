"""A decision is GO only if every rule of the policy holds; it names every reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.decision.runs import (
    AT,
    CELL,
    EMULATED,
    OTHER,
    cell,
    check,
    decided,
    failed,
    policy,
    reasons,
    run,
)
from tests.unit.results.events import RATIO
from upgradeproof.decision.comparison import Baseline
from upgradeproof.decision.policy import CellRule, Outcome
from upgradeproof.errors import HarnessError
from upgradeproof.results import RatioMeasured, Run, State, UnusedChange, Verdict

OTHER_FAILED = run(cell(check("a")), cell(failed("b"), name=OTHER))


def rule(**more: Any) -> CellRule:
    return CellRule(**({"select": (CELL,)} | more))


def test_a_run_that_fulfils_every_rule_is_go() -> None:
    decision = decided()
    assert (decision.outcome, decision.result, decision.reasons) == (Outcome.GO, "passed", ())
    assert [(each.cell, each.outcome) for each in decision.cells] == [(CELL, Outcome.GO)]


def test_a_decision_depends_on_its_inputs_and_the_stated_time_alone() -> None:
    assert decided().as_json() == decided().as_json()
    assert decided().decided_at == "2026-01-02T00:00:00+00:00"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (run(cell(failed())), f"no_go failed: {CELL} ports::open: tcp:9100 is not open any more"),
        (
            run(cell(check("a"), check("b", Verdict.BROKEN, "no space"))),
            f"cannot_tell broken: {CELL} b: 1 check broke: no space",
        ),
        (
            run(cell(*(check(name, Verdict.NEVER_RAN) for name in "ab"))),
            f"no_go never_ran: {CELL} a: 2 checks never ran",
        ),
        (
            run(cell(check("a"), checks_declared=3)),
            f"no_go deselected: {CELL}: 2 of its 3 checks were not selected",
        ),
        (
            run(cell(check("a", Verdict.NOT_APPLICABLE))),
            f"cannot_tell nothing_proven: {CELL}: no check of the cell is applicable",
        ),
        (run(cell()), f"cannot_tell nothing_proven: {CELL}: the cell has no check"),
        (
            run(cell(selected=False)),
            f"no_go never_ran: {CELL}: the run did not select the cell",
        ),
        (
            run(cell(check("a"), states=(State(name="upgraded", verdict=Verdict.FAILED),))),
            f"no_go failed: {CELL}: the state upgraded was not reached",
        ),
        (
            run(finished_at=None),
            "cannot_tell finished: the run did not end: it was killed",
        ),
        (
            run(fresh=False),
            (
                "cannot_tell fresh: the run is not fresh: it may depend on states that "
                "earlier runs built"
            ),
        ),
        (
            run(started_at="2025-12-01T00:00:00.000+00:00"),
            "cannot_tell max_age_days: the run is 32.0 days old, and 14 are allowed",
        ),
        (
            run(strict=True, unused=(UnusedChange(product="thing", facts="a/*", reason="b"),)),
            "no_go strict: 1 expected changes of the plans did not happen in a strict run",
        ),
    ],
)
def test_each_rule_of_a_policy_has_its_own_reason(made: Run, reason: str) -> None:
    decision = decided(made)
    assert reasons(decision) == [reason]
    assert decision.outcome == reason.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (
            {"own_kernel": True},
            (
                f"cannot_tell own_kernel: {CELL}: the policy requires a kernel of its own: "
                "shared kernel, native"
            ),
        ),
        (
            {"min_health": 80},
            (
                f"cannot_tell min_health: {CELL}: the health index is unknown: nothing was "
                "measured by requests"
            ),
        ),
        ({"min_cells": 2}, f"no_go min_cells: 1 cells fit {CELL}; 2 are needed"),
        (
            {"select": (CELL, "ubuntu-*")},
            "no_go select: required, and no cell of the run fits ubuntu-*",
        ),
    ],
)
def test_each_rule_of_a_cell_has_its_own_reason(more: dict[str, Any], reason: str) -> None:
    assert reasons(decided(None, policy(cells=(rule(**more),)))) == [reason]


def test_native_time_is_not_proven_under_emulation() -> None:
    made = run(cell(check("a"), fidelity=EMULATED))
    wanted = policy(cells=(rule(own_kernel=True, native_time=True),))
    assert reasons(decided(made, wanted)) == [
        (
            f"cannot_tell native_time: {CELL}: the policy requires native time: own kernel, tcg, "
            "own boot loader"
        )
    ]


def test_a_required_cell_that_the_run_does_not_have_is_no_go() -> None:
    decision = decided(run(cell(check("a"), name=OTHER)))
    assert decision.outcome is Outcome.NO_GO
    assert reasons(decision) == [f"no_go select: required, and no cell of the run fits {CELL}"]


def test_a_reason_against_an_optional_cell_is_a_note() -> None:
    wanted = policy(cells=(rule(), rule(select=(OTHER,), required=False)))
    decision = decided(OTHER_FAILED, wanted)
    assert decision.outcome is Outcome.GO
    assert reasons(decision) == [
        f"note failed: {OTHER} b: tcp:9100 is not open any more",
    ]


@pytest.mark.parametrize(
    ("other", "outcome"), [("required", Outcome.NO_GO), ("optional", Outcome.GO)]
)
def test_a_cell_without_a_rule_is_judged_by_the_policys_other_cells(
    other: str, outcome: Outcome
) -> None:
    assert decided(OTHER_FAILED, policy(other_cells=other)).outcome is outcome


def test_no_go_has_precedence_over_an_open_question() -> None:
    decision = decided(run(cell(failed()), fresh=False))
    assert [each.effect for each in decision.reasons] == ["cannot_tell", "no_go"]
    assert decision.outcome is Outcome.NO_GO


def test_a_long_reason_is_cut() -> None:
    decision = decided(run(cell(failed(reason="x" * 400))))
    assert decision.reasons[0].text == "x" * 297 + "..."


def test_a_clock_in_the_past_is_one_clear_error() -> None:
    with pytest.raises(HarnessError) as error:
        decided(at=datetime(2025, 12, 31, tzinfo=UTC))
    assert str(error.value) == (
        "the time of the decision, 2025-12-31T00:00:00+00:00, is before the end of the run, "
        "2026-01-01T01:00:00.000+00:00\n"
        "waivers and the age of results can't be judged by a clock in the past\n"
        "To do: set the clock of this host, or name the time by --at"
    )


def test_a_comparison_decides_if_the_policy_requires_it() -> None:
    old = Baseline(run=run(cell(check("a"), check("b")), run_id="old"))
    lost = run(cell(check("a"), check("b", Verdict.NOT_APPLICABLE)))
    decision = decided(lost, baselines=(old,))
    assert reasons(decision) == [f"no_go comparison.proof_lost: {CELL} b: proof lost since run old"]
    lenient = policy(comparison={"proof_lost": "note"})
    assert decided(lost, lenient, baselines=(old,)).outcome is Outcome.GO


def test_a_measurement_that_is_worse_beyond_its_interval_decides_if_the_policy_requires_it() -> (
    None
):
    def measured(low: float, high: float) -> RatioMeasured:
        return RATIO.model_copy(update={"ratio": low + 0.1, "low": low, "high": high})

    old = Baseline(run=run(cell(check("a"), ratios=(measured(0.9, 1.1),)), run_id="old"))
    slow = run(cell(check("a"), ratios=(measured(1.2, 1.4),)))
    strict = policy(comparison={"worse": "no_go"})
    assert reasons(decided(slow, strict, baselines=(old,))) == [
        (
            f"no_go comparison.worse: {CELL}: worse since run old: p99_ratio of visitors: "
            "1 x [0.9, 1.1] -> 1.3 x [1.2, 1.4]"
        )
    ]
    assert decided(slow, baselines=(old,)).outcome is Outcome.GO


def test_a_required_comparison_that_is_missing_can_not_be_decided() -> None:
    decision = decided(None, policy(comparison={"required": True}))
    assert reasons(decision) == [
        "cannot_tell comparison: the policy requires a comparison, and no baseline was named"
    ]


def test_a_cell_that_is_gone_since_the_baseline_is_a_reason() -> None:
    old = Baseline(run=run(cell(check("a")), cell(check("a"), name=OTHER), run_id="old"))
    assert reasons(decided(run(cell(check("a"))), baselines=(old,))) == [
        f"cannot_tell comparison.gone: {OTHER}: the cell is gone since run old"
    ]


def test_the_time_is_recorded_to_the_microsecond() -> None:
    assert decided(at=AT.replace(microsecond=5)).decided_at == "2026-01-02T00:00:00.000005+00:00"
