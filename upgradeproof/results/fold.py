"""Fold journals into a run: pure, in any order of the journals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from upgradeproof.errors import HarnessError
from upgradeproof.results import journal as j
from upgradeproof.results.capture import CaptureCompared, CaptureFidelity
from upgradeproof.results.components import Release
from upgradeproof.results.declared import PartRejected, PlanFile, RejectedPart
from upgradeproof.results.load import Availability, LoadMeasured, RatioMeasured
from upgradeproof.results.model import (
    Cell,
    Check,
    Run,
    State,
    Step,
    Verdict,
    worst,
)
from upgradeproof.results.unused import unused
from upgradeproof.states import StateName

STATE_ORDER = tuple(StateName)


@dataclass
class _Cell:
    """A cell while its events are folded."""

    declared: j.CellDeclared
    checks_declared: int = 0
    placed: j.CellPlaced | None = None
    checks: dict[str, Check] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    loads: dict[tuple[str, str], LoadMeasured] = field(default_factory=dict)
    ratios: dict[tuple[str, str], RatioMeasured] = field(default_factory=dict)
    availability: dict[tuple[str, str], Availability] = field(default_factory=dict)
    capture: CaptureFidelity | None = None


def fold(events: Iterable[j.Event]) -> Run:
    """Return the run that the events describe.

    A check that was declared and has no verdict never ran. A state that was begun and neither
    reached nor failed never ran to its end. Raises HarnessError when no journal has the beginning
    of the run, since then nothing is known about it.
    """
    ordered = sorted(events, key=_rank)
    started = [event for event in ordered if isinstance(event, j.RunStarted)]
    if not started:
        raise HarnessError(
            "no journal of a run was found",
            resolution="run pytest first, or name the folder that holds journal/*.jsonl",
        )
    finished = [event for event in ordered if isinstance(event, j.RunFinished)]
    cells: dict[str, _Cell] = {}
    releases: dict[tuple[str, str], Release] = {}
    plans: dict[str, PlanFile] = {}
    expected: list[j.ChangeExpected] = []
    rejected: dict[RejectedPart, None] = {}
    for event in ordered:
        if isinstance(event, j.CellDeclared):
            cell = cells.setdefault(event.cell, _Cell(declared=event))
            if event.selected and not cell.declared.selected:
                cell.declared = event
            cell.checks_declared = max(cell.checks_declared, event.checks_declared)
        elif isinstance(event, j.ReleaseDeclared):
            releases.setdefault((event.release.product, event.release.name), event.release)
        elif isinstance(event, j.PlanDeclared):
            plans.setdefault(event.plan.product, event.plan)
        elif isinstance(event, j.ChangeExpected):
            expected.append(event)
        elif isinstance(event, PartRejected):
            rejected[event.part] = None
        elif not isinstance(event, j.RunStarted | j.RunFinished) and event.cell in cells:
            _apply(cells[event.cell], event)
    done = tuple(_finish(cell) for cell in cells.values())
    return Run(
        run_id=started[0].run_id,
        started_at=min(event.at for event in started),
        finished_at=_finished_at(started, finished),
        upgradeproof=started[0].upgradeproof,
        engine_sha256=tuple(sorted({each.engine_sha256 for each in started} - {""})),
        fresh=all(event.fresh for event in started),
        strict=any(event.strict for event in started),
        host=started[0].host,
        plans=tuple(plans.values()),
        releases=tuple(releases.values()),
        cells=done,
        unused=unused(expected, done),
        rejected=tuple(rejected),
        cached_states=finished[-1].cached_states if finished else None,
    )


def _finished_at(started: list[j.RunStarted], finished: list[j.RunFinished]) -> str | None:
    """Return when the last part ended; None where one did not: it is unknown what is missing."""
    cut_off = {event.run_id for event in started} - {event.run_id for event in finished}
    return None if cut_off else max(event.at for event in finished)


def _rank(event: j.Event) -> tuple[int, str]:
    """Put declarations before other events; these stay in the order of their time."""
    match event:
        case j.RunStarted() | j.RunFinished():
            return 0, event.at
        case (
            j.CellDeclared()
            | j.ReleaseDeclared()
            | j.PlanDeclared()
            | j.ChangeExpected()
            | PartRejected()
        ):
            return 1, ""
        case j.CheckDeclared() | j.CellPlaced():
            return 2, ""
        case _:
            return 3, event.at


def _apply(cell: _Cell, event: j.Event) -> None:
    match event:
        case j.CellPlaced():
            cell.placed = event
        case j.CheckDeclared():
            cell.checks.setdefault(
                event.check,
                Check(
                    id=event.check,
                    states=event.states,
                    reason=event.reason,
                    follows=event.follows,
                ),
            )
        case j.CheckFinished():
            known = cell.checks.get(event.check, Check(id=event.check))
            cell.checks[event.check] = _judge(known, event)
        case j.StateStarted():
            begun = cell.states.get(event.state, State(name=event.state))
            cell.states[event.state] = begun.model_copy(
                update={
                    "key": event.key,
                    "started_at": event.at,
                    "reason": "the run ended before this state was reached",
                }
            )
        case j.LoadSent(measured=measured):
            cell.loads[measured.load, measured.state] = measured
        case j.ReleasesCompared(ratio=ratio):
            cell.ratios[ratio.load, ratio.target] = ratio
        case j.UpgradeProbed(availability=seen):
            cell.availability[seen.endpoint, seen.state] = seen
        case CaptureCompared(fidelity=fidelity):
            cell.capture = fidelity
        case (
            j.PreflightDone()
            | j.StepStarted()
            | j.StepFinished()
            | j.StateReached()
            | j.StateFailed()
        ):
            known_state = cell.states.get(event.state, State(name=event.state))
            cell.states[event.state] = _advance(known_state, event)


def _judge(check: Check, event: j.CheckFinished) -> Check:
    """Return a check with its verdict; of several (a teardown, another shard) with the worst."""
    if check.duration_s is not None and worst([check.verdict, event.verdict]) is check.verdict:
        return check
    return check.model_copy(
        update={
            "verdict": event.verdict,
            "reason": event.reason,
            "duration_s": event.duration_s,
        }
    )


def _advance(
    state: State,
    event: j.PreflightDone | j.StepStarted | j.StepFinished | j.StateReached | j.StateFailed,
) -> State:
    match event:
        case j.PreflightDone():
            return state.model_copy(update={"findings": event.findings})
        case j.StepStarted():
            step = Step(title=event.title, started_at=event.at, transcript=event.transcript)
            return state.model_copy(update={"steps": (*state.steps, step)})
        case j.StepFinished():
            if not state.steps:  # no journal has its beginning
                return state
            ended = {"exit_status": event.exit_status, "duration_s": event.duration_s}
            steps = (*state.steps[:-1], state.steps[-1].model_copy(update=ended))
            return state.model_copy(update={"steps": steps})
        case j.StateReached():
            return state.model_copy(
                update={
                    "verdict": Verdict.PASSED,
                    "reason": "",
                    "reused": event.reused,
                    "duration_s": event.duration_s,
                    "facts": event.facts,
                    "changes": event.changes,
                    "release": event.release,
                    "components": event.components,
                    "image": event.image,
                    "packages": event.packages,
                    "archives": event.archives,
                }
            )
        case j.StateFailed():
            return state.model_copy(
                update={
                    "verdict": event.verdict,
                    "reason": event.reason,
                    "duration_s": event.duration_s,
                }
            )


def _finish(cell: _Cell) -> Cell:
    declared = cell.declared
    return Cell(
        id=declared.cell,
        platform=declared.platform,
        upgrade=declared.upgrade,
        product=declared.product,
        tags=declared.tags,
        selected=declared.selected,
        reason=declared.reason,
        fidelity=cell.placed.fidelity if cell.placed else None,
        checks=tuple(cell.checks.values()),
        checks_declared=cell.checks_declared,
        states=tuple(sorted(cell.states.values(), key=lambda s: STATE_ORDER.index(s.name))),
        loads=tuple(cell.loads.values()),
        ratios=tuple(cell.ratios.values()),
        availability=tuple(cell.availability.values()),
        shard=declared.shard,
        capture=cell.capture,
    )
