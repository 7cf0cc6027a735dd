"""Results of loads as the recorder writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from upgradeproof.load import Histogram, LoadResult, Recording


def histogram(latencies_ms: Sequence[float]) -> Histogram:
    found = Histogram()
    for latency_ms in latencies_ms:
        found.record(latency_ms / 1000)
    return found


def recording(latencies_ms: Sequence[float] = (), **changes: Any) -> Recording:
    """Return the recording of one idle process over ten seconds."""
    values = {
        "measured_s": 10,
        "latencies": histogram(latencies_ms).encode(),
        "statuses": {},
        "failures": {},
        "errors": {},
        "lag": histogram([0.2]).encode(),
        "cpu_share": 0.1,
    }
    return Recording.model_validate(values | changes)


def result(latencies_ms: Sequence[float] = (), **changes: Any) -> LoadResult:
    return LoadResult(generators=1, recordings=(recording(latencies_ms, **changes),))
