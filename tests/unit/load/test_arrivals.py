"""Arrivals: at a fixed rate, whoever takes them, and none is forgotten."""

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
def test_a_clock_that_has_run_for_hours_makes_no_arrival_more(begins_at: float) -> None:
    ends_at = begins_at + 0.2 + 1.0
    assert ends_at - begins_at > 1.2  # by rounding alone
    assert len(moments(Arrivals(begins_at=begins_at, ends_at=ends_at, rate_per_s=10))) == 12


def test_arrivals_do_not_wait_for_those_who_take_them_late() -> None:
    arrivals = Arrivals(begins_at=0, ends_at=1, rate_per_s=2)
    assert [arrivals.take() for _ in range(3)] == [0, 0.5, None]


def test_processes_share_the_arrivals_without_a_gap() -> None:
    shares = [
        moments(Arrivals(begins_at=0, ends_at=2, rate_per_s=10, share=share, shares=3))
        for share in range(3)
    ]
    whole = moments(Arrivals(begins_at=0, ends_at=2, rate_per_s=10))
    assert sorted(due for share in shares for due in share) == pytest.approx(whole)


def test_what_nobody_took_is_left() -> None:
    arrivals = Arrivals(begins_at=0, ends_at=1, rate_per_s=10, share=1, shares=2)
    assert arrivals.left == 5
    arrivals.take()
    assert arrivals.left == 4
    assert len(moments(arrivals)) == 4
    assert arrivals.left == 0
