"""What a run's report contains of a load: figures, without the histograms behind them."""

from __future__ import annotations

from upgradeproof.load.result import LoadResult
from upgradeproof.plan import Load
from upgradeproof.results.load import LatencyPoint, LoadMeasured

PERCENTS = (50.0, 75.0, 90.0, 95.0, 98.0, 99.0, 99.5, 99.8, 99.9, 99.95, 99.98, 99.99, 100.0)


def measured(load: Load, state: str, result: LoadResult, evidence: str) -> LoadMeasured:
    """Return the figures of one load on one state. Raises LoadError for a damaged histogram."""
    latencies = result.latencies
    known = tuple(p for p in PERCENTS if result.answered * (1 - p / 100) >= 1 or p == PERCENTS[-1])
    return LoadMeasured(
        load=load.id,
        state=state,
        duration_s=load.duration_s,
        requests=result.requests,
        answered=result.answered,
        throughput_per_s=result.throughput_per_s,
        p50_ms=latencies.percentile_ms(50),
        p95_ms=latencies.percentile_ms(95),
        p99_ms=latencies.percentile_ms(99),
        max_ms=latencies.max_ms,
        curve=tuple(LatencyPoint(percent=p, ms=latencies.percentile_ms(p)) for p in known)
        if result.answered
        else (),
        failures=result.failures,
        problem=result.broken_reason,
        evidence=evidence,
    )


def unmeasured(load: Load, state: str, problem: str) -> LoadMeasured:
    """Return the figures of a load without a result of the generator."""
    return LoadMeasured(
        load=load.id,
        state=state,
        duration_s=0.0,
        requests=0,
        answered=0,
        throughput_per_s=0.0,
        p50_ms=0.0,
        p95_ms=0.0,
        p99_ms=0.0,
        max_ms=0.0,
        problem=problem,
    )
