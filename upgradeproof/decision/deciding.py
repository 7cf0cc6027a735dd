"""Decide: a run, a policy, waivers, baselines and a time in, a decision out; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from upgradeproof.decision.cell_rules import cell_reasons, native_time, own_kernel
from upgradeproof.decision.comparison import Baseline, Comparison, Kind, compare
from upgradeproof.decision.model import (
    AcceptedFailure,
    Compared,
    Decision,
    Inputs,
    JudgedCell,
    Reason,
)
from upgradeproof.decision.policy import CellRule, Effect, Outcome, Policy
from upgradeproof.decision.scan_rules import scan_reasons
from upgradeproof.decision.waivers import Waivers
from upgradeproof.decision.waiving import Waived, waive
from upgradeproof.errors import HarnessError
from upgradeproof.results import Cell, Run, Verdict
from upgradeproof.results.health import health
from upgradeproof.results.reading import time_of
from upgradeproof.results.scan import Scan

DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class Question:
    """All that a decision depends on."""

    run: Run
    policy: Policy
    at: datetime
    """The stated time; with an offset from UTC."""
    inputs: Inputs
    waivers: Waivers
    baselines: tuple[Baseline, ...] = ()
    scan: Scan | None = None
    """None: the run was not scanned."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The decision, and what it was made of: the page shows both."""

    decision: Decision
    comparison: Comparison | None
    waived: Waived


def decide(question: Question) -> Answer:
    """Return the decision. Raises HarnessError where the time is before the end of the run."""
    run, policy = question.run, question.policy
    _check_clock(run, question.at)
    waived = waive(run, question.waivers, question.at)
    comparison = compare(question.baselines, run, waived.checks) if question.baselines else None
    judged = [(cell, policy.rule(cell.id)) for cell in run.cells if _concerns(cell, policy)]
    by_cell = {
        cell.id: tuple(cell_reasons(cell, rule, policy, waived.checks)) for cell, rule in judged
    }
    reasons = (
        *_of_run(question),
        *_missing(run, policy),
        *(reason for found in by_cell.values() for reason in found),
        *_of_waivers(policy, waived),
        *_of_comparison(policy, comparison),
        *scan_reasons(policy, question.scan),
    )
    decision = Decision(
        decided_at=question.at.astimezone(UTC).isoformat(),
        outcome=outcome_of(reasons),
        result=_result(run, waived),
        run_id=run.run_id,
        upgradeproof=run.upgradeproof,
        inputs=question.inputs,
        reasons=reasons,
        waived=tuple(_accepted(waived, question.at)),
        cells=tuple(_judged(cell, rule, waived, by_cell[cell.id]) for cell, rule in judged),
        comparison=_compared(comparison),
    )
    return Answer(decision=decision, comparison=comparison, waived=waived)


def outcome_of(reasons: Sequence[Reason]) -> Outcome:
    """Return what reasons lead to: one NO-GO outweighs all CAN'T TELL, which outweighs GO."""
    effects = {reason.effect for reason in reasons}
    if "no_go" in effects:
        return Outcome.NO_GO
    return Outcome.CANNOT_TELL if "cannot_tell" in effects else Outcome.GO


def _check_clock(run: Run, at: datetime) -> None:
    ended = run.finished_at or run.started_at
    if at < time_of(ended):
        raise HarnessError(
            f"the time of the decision, {at.astimezone(UTC).isoformat()}, is "
            f"before the end of the run, {ended}",
            details="waivers and the age of results can't be judged by a clock in the past",
            resolution="set the clock of this host, or name the time by --at",
        )


def _concerns(cell: Cell, policy: Policy) -> bool:
    """Return whether a cell is judged: it ran, or a rule names it."""
    return cell.selected or any(rule.fits(cell.id) for rule in policy.cells)


def _of_run(question: Question) -> Iterator[Reason]:
    run, policy = question.run, question.policy
    if run.finished_at is None:
        yield _reason("cannot_tell", "finished", "the run did not end: it was killed")
    for part in run.rejected:
        text = f"{part.folder} was folded into the run and is no part of it: {part.reason}"
        yield _reason("cannot_tell", "finished", text, "fold the parts of this run, each once")
    if policy.fresh and not run.fresh:
        text = "the run is not fresh: it may depend on states that earlier runs built"
        yield _reason("cannot_tell", "fresh", text, "run pytest with --upgradeproof-fresh")
    age_days = (question.at - time_of(run.started_at)).total_seconds() / DAY_S
    if age_days > policy.max_age_days:
        text = f"the run is {age_days:.1f} days old, and {policy.max_age_days:g} are allowed"
        yield _reason("cannot_tell", "max_age_days", text, "run the suite again")
    if run.strict and run.unused:
        text = f"{len(run.unused)} expected changes of the plans did not happen in a strict run"
        yield _reason("no_go", "strict", text)


def _missing(run: Run, policy: Policy) -> Iterator[Reason]:
    """Yield a reason for each glob of a required rule that fits no cell, and for too few cells."""
    for rule in policy.required():
        fitting = [cell.id for cell in run.cells if rule.fits(cell.id)]
        for glob in rule.select:
            alone = rule.model_copy(update={"select": (glob,)})
            if not any(alone.fits(name) for name in fitting):
                text = f"required, and no cell of the run fits {glob}"
                yield _reason("no_go", "select", text, "run this cell, or change the policy")
        if fitting and len(fitting) < rule.min_cells:
            text = f"{len(fitting)} cells fit {', '.join(rule.select)}; {rule.min_cells} are needed"
            yield _reason("no_go", "min_cells", text)


def _of_waivers(policy: Policy, waived: Waived) -> Iterator[Reason]:
    for problem in waived.problems:
        effect: Effect = "no_go" if problem.stops else "note"
        text = f"waiver {problem.waiver.id}: {problem.text}"
        yield _reason(effect, "waiver", text, problem.resolution)
    if len(waived.used) > policy.max_waivers:
        text = f"{len(waived.used)} waivers are in use, and {policy.max_waivers} are allowed"
        yield _reason("no_go", "max_waivers", text)


def _of_comparison(policy: Policy, comparison: Comparison | None) -> Iterator[Reason]:
    rules = policy.comparison
    if comparison is None:
        if rules.required:
            text = "the policy requires a comparison, and no baseline was named"
            yield _reason("cannot_tell", "comparison", text, "name one by --baseline")
        return
    effects = {
        Kind.REGRESSED: rules.regressed,
        Kind.PROOF_LOST: rules.proof_lost,
        Kind.GONE: rules.gone,
    }
    for line in comparison.lines:
        if line.kind in effects:
            yield Reason(
                effect=_for(policy, line.cell, effects[line.kind]),
                rule=f"comparison.{line.kind}",
                text=f"{line.kind.word} since run {comparison.baseline}",
                cell=line.cell,
                check=line.check,
            )
    for each in comparison.measures:
        if each.worse:
            yield Reason(
                effect=_for(policy, each.cell, rules.worse),
                rule="comparison.worse",
                text=f"worse since run {comparison.baseline}: {each.change}",
                cell=each.cell,
            )
    for name in comparison.gone_cells:
        text = f"the cell is gone since run {comparison.baseline}"
        effect = _for(policy, name, rules.gone)
        yield Reason(effect=effect, rule="comparison.gone", text=text, cell=name)


def _for(policy: Policy, cell: str, effect: Effect) -> Effect:
    return effect if policy.rule(cell).required else "note"


def _result(run: Run, waived: Waived) -> Literal["passed", "passed_with_waivers", "not_passed"]:
    """Return what the run is when waived checks are taken out; a waived run is never passed."""
    if not waived.checks:
        return "passed" if run.green else "not_passed"
    cells = tuple(
        cell.model_copy(
            update={"checks": tuple(c for c in cell.checks if (cell.id, c.id) not in waived.checks)}
        )
        for cell in run.cells
    )
    return "passed_with_waivers" if run.model_copy(update={"cells": cells}).green else "not_passed"


def _accepted(waived: Waived, at: datetime) -> Iterator[AcceptedFailure]:
    for (cell, check), waiver in waived.checks.items():
        yield AcceptedFailure(
            cell=cell,
            check=check,
            waiver=waiver.id,
            owner=waiver.owner,
            ticket=waiver.ticket,
            reason=waiver.reason,
            expires=waiver.expires.isoformat(),
            days_left=waiver.days_left(at),
        )


def _judged(cell: Cell, rule: CellRule, waived: Waived, reasons: Sequence[Reason]) -> JudgedCell:
    found = health(cell)
    return JudgedCell(
        cell=cell.id,
        required=rule.required,
        verdict=cell.verdict if cell.selected else Verdict.NEVER_RAN,
        waived=sum(place[0] == cell.id for place in waived.checks),
        outcome=outcome_of(reasons),
        fidelity=str(cell.fidelity) if cell.fidelity else "",
        own_kernel=own_kernel(cell),
        native_time=native_time(cell),
        health=found.index if found else None,
    )


def _compared(comparison: Comparison | None) -> Compared | None:
    if comparison is None:
        return None
    return Compared(
        baseline=comparison.baseline,
        checks={kind: len(comparison.of(kind)) for kind in Kind},
        new_cells=len(comparison.new_cells),
        gone_cells=len(comparison.gone_cells),
        brought=len(comparison.brought),
        dropped=len(comparison.dropped),
    )


def _reason(effect: Effect, rule: str, text: str, resolution: str = "") -> Reason:
    return Reason(effect=effect, rule=rule, text=text, resolution=resolution)
