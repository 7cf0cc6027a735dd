"""Run two releases alternately, and judge the new one by ratios with their noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from upgradeproof.load.comparison import Outcome, Side, compare, order
from upgradeproof.load.judging import Judgement, unfit
from upgradeproof.load.result import LoadResult
from upgradeproof.plan import Load, Target
from upgradeproof.results import RatioMeasured, Verdict

VERDICTS = {
    Outcome.WITHIN: Verdict.PASSED,
    Outcome.WORSE: Verdict.FAILED,
    Outcome.CANNOT_TELL: Verdict.NOT_APPLICABLE,
}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One run of each release, one after the other."""

    old: LoadResult
    new: LoadResult


@dataclass(frozen=True, kw_only=True)
class RatioJudgement(Judgement):
    """What is known of a ratio, with all that it is known from."""

    measured: RatioMeasured


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """A target of the plan that compares the releases."""

    name: str
    what: str
    budget: float
    """What the cost may be multiplied by: above 1."""
    cost: Callable[[LoadResult], float]
    """More is worse."""


def take_turns(run: Callable[[Side], LoadResult], load: Load) -> tuple[Pair, ...]:
    """Run pairs, A B B A, while one more may decide more; ``run`` sends the load to one side.

    Ends at once when a result can't be compared, and after one pair when no ratio is asked for.
    Raises what ``run`` raises.
    """
    pairs: list[Pair] = []
    for sides in order():
        found = {side: run(side) for side in sides}
        pairs.append(Pair(old=found["old"], new=found["new"]))
        if not _undecided(pairs, load):
            break
    return tuple(pairs)


def judge_pairs(load: Load, pairs: Sequence[Pair]) -> tuple[RatioJudgement, ...]:
    """Judge the new release, compared with the old one, by each of the load's ratios.

    What noise hides is ``not_applicable``, with the noise that was measured.
    """
    ratios = tuple(_ratios(load.target))
    if reason := _incomparable(pairs):
        return tuple(_not_compared(load, ratio, *reason) for ratio in ratios)
    last = len(pairs) >= load.target.max_repeats
    return tuple(_compared(load, ratio, pairs, last=last) for ratio in ratios)


def _ratios(target: Target) -> Iterator[Ratio]:
    if target.p99_ratio is not None:
        yield Ratio(
            name="p99_ratio",
            what="99th percentile of the latencies",
            budget=target.p99_ratio,
            cost=lambda result: result.latencies.percentile_ms(99),
        )
    if target.throughput_ratio is not None:
        yield Ratio(
            name="throughput_ratio",
            what="time for each answer",
            budget=1 / target.throughput_ratio,
            cost=lambda result: 1 / result.throughput_per_s,
        )


def _undecided(pairs: Sequence[Pair], load: Load) -> bool:
    """Return whether one more pair may decide more, and the plan allows it."""
    target = load.target
    if _incomparable(pairs[-1:]) or not list(_ratios(target)):
        return False
    if len(pairs) < target.min_repeats:
        return True
    hidden = any(j.verdict is Verdict.NOT_APPLICABLE for j in judge_pairs(load, pairs))
    return hidden and len(pairs) < target.max_repeats


def _incomparable(pairs: Sequence[Pair]) -> tuple[Verdict, str] | None:
    """Return why pairs prove nothing about a ratio, and the verdict; None: they can be compared.

    That the old release answers nothing is no fault of the new one.
    """
    for pair in pairs:
        if reason := unfit(pair.old):
            return Verdict.BROKEN, f"the old release, which is compared with: {reason[1]}"
        if reason := unfit(pair.new):
            return reason[0], f"the new release: {reason[1]}"
    return None


def _not_compared(load: Load, ratio: Ratio, verdict: Verdict, reason: str) -> RatioJudgement:
    measured = RatioMeasured(
        load=load.id,
        target=ratio.name,
        budget=ratio.budget,
        pairs=(),
        ratio=None,
        low=None,
        high=None,
        outcome="not_compared",
        reason=reason,
    )
    return RatioJudgement(target=ratio.name, verdict=verdict, reason=reason, measured=measured)


def _compared(load: Load, ratio: Ratio, pairs: Sequence[Pair], *, last: bool) -> RatioJudgement:
    costs = tuple((ratio.cost(pair.old), ratio.cost(pair.new)) for pair in pairs)
    found = compare(costs, ratio.budget, last=last)
    reason = f"the {ratio.what} is {found} times the old one's, {ratio.budget:.2f} are allowed"
    if found.outcome is Outcome.CANNOT_TELL:
        reason = f"the noise is too wide to decide: {reason}"
    measured = RatioMeasured(
        load=load.id,
        target=ratio.name,
        budget=ratio.budget,
        pairs=costs,
        ratio=found.ratio,
        low=found.low,
        high=found.high if math.isfinite(found.high) else None,
        outcome=found.outcome.value,
        reason=reason,
    )
    verdict = VERDICTS[found.outcome]
    return RatioJudgement(target=ratio.name, verdict=verdict, reason=reason, measured=measured)
