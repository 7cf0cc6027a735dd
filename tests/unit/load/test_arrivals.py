"""Arrivals are due at a fixed rate, whichever user takes them, and all are counted."""

from __future__ import annotations

import pytest

from upgradeproof.load.arrivals import Arrivals


def moments(arrivals: Arrivals) -> list[float]:
    found = []
    while (due := arrivals.take()) is not None:
        found.append(due)
    return found


def test_arrivals_are_due_at_a_fixed_rate() -> None:
    found = moments(Arrivals(begins_at=100, ends_at=101, rate_per_s=4))
    assert found == [100, 100.25, 100.5, 100.75]


@pytest.mark.parametrize("begins_at", [8191.66, 11329.630000000001])
def test_a_large_clock_value_adds_no_arrival(begins_at: float) -> None:
    ends_at = begins_at + 0.2 + 1.0
    assert ends_at - begins_at > 1.2  # by rounding alone
    assert len(moments(Arrivals(begins_at=begins_at, ends_at=ends_at, rate_per_s=10))) == 12


def test_an_arrival_that_is_taken_late_does_not_delay_the_next() -> None:
    arrivals = Arrivals(begins_at=0, ends_at=1, rate_per_s=2)
    assert [arrivals.take() for _ in range(3)] == [0, 0.5, None]


def test_processes_share_the_arrivals_without_a_gap() -> None:
    shares = [
        moments(Arrivals(begins_at=0, ends_at=2, rate_per_s=10, share=share, shares=3))
        for share in range(3)
    ]
    whole = moments(Arrivals(begins_at=0, ends_at=2, rate_per_s=10))
    assert sorted(due for share in shares for due in share) == pytest.approx(whole)


def test_arrivals_that_no_user_took_are_counted() -> None:
    arrivals = Arrivals(begins_at=0, ends_at=1, rate_per_s=10, share=1, shares=2)
    assert arrivals.left == 5
    arrivals.take()
    assert arrivals.left == 4
    assert len(moments(arrivals)) == 4
    assert arrivals.left == 0
