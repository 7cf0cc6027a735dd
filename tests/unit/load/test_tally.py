"""A process counts requests between two moments, in bounded memory."""

from __future__ import annotations

import pytest

from upgradeproof.load import LoadResult
from upgradeproof.load.tally import MAX_KINDS, OTHER, Tally


def test_only_requests_due_within_the_measurement_are_covered() -> None:
    tally = Tally(10, 20)
    assert [tally.covers(moment) for moment in (9.9, 10, 19.9, 20)] == [False, True, True, False]


def test_counted_requests_are_recorded() -> None:
    tally = Tally(10, 12)
    tally.answer(0.050, 200)
    tally.answer(0.070, None)
    tally.failure("status 503", 503)
    tally.failure("timed out", times=2)
    tally.delay(0.003, every_s=0.01)
    tally.error("KeyError: 'x'")
    found = tally.recording(cpu_s=0.5)
    assert (found.measured_s, found.cpu_share) == (2, 0.25)
    assert found.statuses == {"200": 1, "503": 1}
    assert found.failures == {"status 503": 1, "timed out": 2}
    assert found.errors == {"KeyError: 'x'": 1}
    result = LoadResult(generators=1, recordings=(found,))
    assert (result.answered, result.requests, result.throughput_per_s) == (2, 5, 1)
    assert result.lag.max_ms == pytest.approx(3, rel=0.001)


def test_failures_of_too_many_kinds_are_counted_together() -> None:
    tally = Tally(0, 1)
    for number in range(MAX_KINDS + 5):
        tally.failure(f"error {number}")
    tally.failure("error 0")
    found = tally.recording(cpu_s=0).failures
    assert len(found) == MAX_KINDS + 1
    assert (found["error 0"], found[OTHER]) == (2, 5)
