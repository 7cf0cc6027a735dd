"""Judge one run of a load by the plan's targets: a verdict for each, and a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from upgradeproof.load.result import LoadResult, in_words
from upgradeproof.plan import Target
from upgradeproof.results import Fidelity, Verdict
from upgradeproof.results.load import percent


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is known of one target, and why."""

    target: str
    """The plan's name of it, such as ``p99_ms``."""
    verdict: Verdict
    reason: str


def judge(result: LoadResult, target: Target, fidelity: Fidelity) -> tuple[Judgement, ...]:
    """Judge one run by what does not depend on another: answers, and latencies in milliseconds.

    A generator that failed breaks every target; a load under which nothing was answered fails
    every one. A latency counts only where it is the machine's own.
    """
    if reason := unfit(result):
        return _all(target, *reason)
    return (_answers(result, target), *_latencies(result, target, fidelity))


def unfit(result: LoadResult) -> tuple[Verdict, str] | None:
    """Return why a result can't be measured by any target, and the verdict; None: it can."""
    if result.broken_reason:
        return Verdict.BROKEN, result.broken_reason
    if not result.requests:
        return Verdict.FAILED, "no request was made: nothing was measured"
    if not result.answered:
        return Verdict.FAILED, f"not one request was answered well: {in_words(result.failures)}"
    return None


def _all(target: Target, verdict: Verdict, reason: str) -> tuple[Judgement, ...]:
    names = ("success", *(name for name, _, _ in _limits(target)))
    return tuple(Judgement(target=name, verdict=verdict, reason=reason) for name in names)


def _limits(target: Target) -> Iterator[tuple[str, float, float]]:
    """Yield each limit of a latency: its name, its percentile, and the limit in milliseconds."""
    for name, rank in (("p50_ms", 50.0), ("p95_ms", 95.0), ("p99_ms", 99.0)):
        limit_ms = getattr(target, name)
        if limit_ms is not None:
            yield name, rank, limit_ms


def _answers(result: LoadResult, target: Target) -> Judgement:
    share = result.answered / result.requests
    good = share >= target.success
    failed = f": {in_words(result.failures)}" if result.failures else ""
    return Judgement(
        target="success",
        verdict=Verdict.PASSED if good else Verdict.FAILED,
        reason=f"{percent(share)} of {result.requests} requests were answered well, "
        f"{percent(target.success)} must be{failed}",
    )


def _latencies(result: LoadResult, target: Target, fidelity: Fidelity) -> Iterator[Judgement]:
    for name, rank, limit_ms in _limits(target):
        found_ms = result.latencies.percentile_ms(rank)
        reason = f"{found_ms:.1f} ms, {limit_ms:g} ms are allowed"
        if not fidelity.absolute_latency:
            verdict = Verdict.NOT_APPLICABLE
            reason = f"{reason}; {fidelity.why_no_absolute_latency}"
        else:
            verdict = Verdict.PASSED if found_ms <= limit_ms else Verdict.FAILED
        yield Judgement(target=name, verdict=verdict, reason=reason)
