"""Two releases are compared in pairs of runs: noise is no regression and hides none."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from upgradeproof.load.comparison import Outcome, compare, schedule, student

MIN_PAIRS, MAX_PAIRS = 6, 12
DRIFT, NOISE = 0.25, 0.10
"""Standard deviations on a busy host: between pairs, and of each run within a pair."""


def measured(chance: random.Random, truth: float) -> tuple[float, float]:
    """Return the latencies of a pair of runs if the new release takes ``truth`` times as long."""
    host = math.exp(chance.gauss(0, DRIFT))
    old, new = (host * math.exp(chance.gauss(0, NOISE)) for _ in range(2))
    return 100 * old, 100 * truth * new


def found(truth: float, budget: float, seed: int) -> Outcome:
    """Return the outcome of a comparison that runs pairs until it can decide."""
    chance = random.Random(seed)
    pairs = [measured(chance, truth) for _ in range(MIN_PAIRS)]
    while (outcome := compare(pairs, budget).outcome) is Outcome.CANNOT_TELL:
        pairs.append(measured(chance, truth))
        if len(pairs) == MAX_PAIRS:
            return compare(pairs, budget, last=True).outcome
    return outcome


def outcomes(truth: float, budget: float, runs: int) -> Counter[Outcome]:
    return Counter(found(truth, budget, seed) for seed in range(runs))


@pytest.mark.parametrize("budget", [1.15, 1.25])
def test_a_release_compared_with_itself_is_not_worse(budget: float) -> None:
    assert outcomes(1.0, budget, 10)[Outcome.WORSE] == 0


def test_the_same_release_is_within_the_budget_in_all_ten_runs() -> None:
    assert outcomes(1.0, 1.25, 10) == {Outcome.WITHIN: 10}


def test_a_slowdown_of_30_percent_is_found() -> None:
    assert outcomes(1.3, 1.15, 10) == {Outcome.WORSE: 10}


def test_a_slowdown_just_beyond_the_budget_is_found_or_undecided() -> None:
    """The difference between 25 and 30 % is less than the noise of twelve pairs."""
    comparison = outcomes(1.3, 1.25, 20)
    assert comparison[Outcome.WORSE] >= 14
    assert comparison[Outcome.WITHIN] <= 1


def test_a_faster_release_is_within_the_budget() -> None:
    assert outcomes(0.7, 1.25, 10) == {Outcome.WITHIN: 10}


def test_the_interval_contains_the_true_ratio_at_its_confidence_level() -> None:
    chance = random.Random(1)
    runs = [compare([measured(chance, 1.2) for _ in range(MIN_PAIRS)], 1.25) for _ in range(150)]
    held = sum(run.low <= 1.2 <= run.high for run in runs)
    assert held >= 0.92 * len(runs)


def test_noise_wider_than_the_budget_is_undecided() -> None:
    pairs = [(100, 40), (100, 250), (100, 300), (100, 60), (100, 200), (100, 90)]
    comparison = compare(pairs, 1.25, last=True)
    assert comparison.outcome is Outcome.CANNOT_TELL
    assert comparison.low < 1
    assert comparison.high > 1.25


def test_a_ratio_near_its_budget_is_decided_after_the_last_pair_alone() -> None:
    pairs = [(100, 115), (100, 130), (100, 128), (100, 133), (100, 121), (100, 135)]
    assert compare(pairs, 1.25).outcome is Outcome.CANNOT_TELL
    assert compare(pairs, 1.25, last=True).outcome is Outcome.WORSE


def test_too_few_pairs_are_undecided() -> None:
    comparison = compare([(100, 300)] * 5, 1.25, last=True)
    assert comparison.outcome is Outcome.CANNOT_TELL
    assert str(comparison) == "3.00 (anything, 5 pairs)"


def test_equal_pairs_are_decided_exactly() -> None:
    comparison = compare([(100, 130), (10, 13), (50, 65)] * 2, 1.25)
    assert (comparison.pairs, comparison.outcome) == (6, Outcome.WORSE)
    assert [comparison.ratio, comparison.low, comparison.high] == pytest.approx([1.3, 1.3, 1.3])
    assert str(comparison) == "1.30 (1.30 to 1.30, 6 pairs)"


def test_equal_pairs_have_equal_results() -> None:
    chance = random.Random(2)
    pairs = [measured(chance, 1.1) for _ in range(8)]
    assert compare(pairs, 1.25) == compare(pairs, 1.25)


def test_the_releases_alternate() -> None:
    assert schedule(4) == ["old", "new", "new", "old"] * 2


def test_a_host_that_becomes_slower_affects_both_releases_alike() -> None:
    times = iter(100 * 1.05**run for run in range(24))
    sides: dict[str, list[float]] = {"old": [], "new": []}
    for side in schedule(12):
        sides[side].append(next(times))
    comparison = compare(list(zip(sides["old"], sides["new"], strict=True)), 1.25)
    assert comparison.ratio == pytest.approx(1)
    assert comparison.outcome is Outcome.WITHIN


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(5, 2.5706), (7, 2.3646), (11, 2.2010), (19, 2.0930), (49, 2.0096)]
)
def test_the_quantile_of_students_distribution_is_that_of_published_tables(
    freedom: int, quantile: float
) -> None:
    assert student(freedom) == pytest.approx(quantile, rel=0.002)
