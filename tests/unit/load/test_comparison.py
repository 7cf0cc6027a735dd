"""Two releases side by side: noise raises no alarm, and hides no slowdown."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from upgradeproof.load.comparison import Outcome, compare, schedule, student

LEAST, MOST = 6, 12
DRIFT, NOISE = 0.25, 0.10
"""Of a busy host: from one pair to the next, and of each run by itself; as standard deviations."""


def measured(chance: random.Random, truth: float) -> tuple[float, float]:
    """Return what a pair of runs measures where the new release takes ``truth`` times as long."""
    host = math.exp(chance.gauss(0, DRIFT))
    old, new = (host * math.exp(chance.gauss(0, NOISE)) for _ in range(2))
    return 100 * old, 100 * truth * new


def found(truth: float, budget: float, seed: int) -> Outcome:
    """Return what is found by running pairs until something can be said."""
    chance = random.Random(seed)
    pairs = [measured(chance, truth) for _ in range(LEAST)]
    while (outcome := compare(pairs, budget).outcome) is Outcome.CANNOT_TELL:
        pairs.append(measured(chance, truth))
        if len(pairs) == MOST:
            return compare(pairs, budget, last=True).outcome
    return outcome


def outcomes(truth: float, budget: float, runs: int) -> Counter[Outcome]:
    return Counter(found(truth, budget, seed) for seed in range(runs))


@pytest.mark.parametrize("budget", [1.15, 1.25])
def test_the_same_release_against_itself_raises_no_alarm(budget: float) -> None:
    assert outcomes(1.0, budget, 10)[Outcome.WORSE] == 0


def test_the_same_release_is_within_the_budget_in_all_ten_runs() -> None:
    assert outcomes(1.0, 1.25, 10) == {Outcome.WITHIN: 10}


def test_a_slowdown_of_30_percent_is_found() -> None:
    assert outcomes(1.3, 1.15, 10) == {Outcome.WORSE: 10}


def test_a_slowdown_just_beyond_the_budget_is_found_or_left_open() -> None:
    """Between 25 and 30 % lies less than the noise of twelve pairs: it can't always be found."""
    told = outcomes(1.3, 1.25, 20)
    assert told[Outcome.WORSE] >= 14
    assert told[Outcome.WITHIN] <= 1


def test_a_release_that_grew_faster_is_within_the_budget() -> None:
    assert outcomes(0.7, 1.25, 10) == {Outcome.WITHIN: 10}


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance = random.Random(1)
    runs = [compare([measured(chance, 1.2) for _ in range(LEAST)], 1.25) for _ in range(150)]
    held = sum(run.low <= 1.2 <= run.high for run in runs)
    assert held >= 0.92 * len(runs)


def test_noise_wider_than_the_budget_leaves_it_open() -> None:
    pairs = [(100, 40), (100, 250), (100, 300), (100, 60), (100, 200), (100, 90)]
    told = compare(pairs, 1.25, last=True)
    assert told.outcome is Outcome.CANNOT_TELL
    assert told.low < 1
    assert told.high > 1.25


def test_a_ratio_near_its_budget_is_decided_after_the_last_pair_alone() -> None:
    pairs = [(100, 115), (100, 130), (100, 128), (100, 133), (100, 121), (100, 135)]
    assert compare(pairs, 1.25).outcome is Outcome.CANNOT_TELL
    assert compare(pairs, 1.25, last=True).outcome is Outcome.WORSE


def test_too_few_pairs_tell_nothing() -> None:
    told = compare([(100, 300)] * 5, 1.25, last=True)
    assert told.outcome is Outcome.CANNOT_TELL
    assert str(told) == "3.00 (anything, 5 pairs)"


def test_pairs_that_agree_leave_no_doubt() -> None:
    told = compare([(100, 130), (10, 13), (50, 65)] * 2, 1.25)
    assert (told.pairs, told.outcome) == (6, Outcome.WORSE)
    assert [told.ratio, told.low, told.high] == pytest.approx([1.3, 1.3, 1.3])
    assert str(told) == "1.30 (1.30 to 1.30, 6 pairs)"


def test_the_same_pairs_tell_the_same() -> None:
    chance = random.Random(2)
    pairs = [measured(chance, 1.1) for _ in range(8)]
    assert compare(pairs, 1.25) == compare(pairs, 1.25)


def test_the_sides_take_turns() -> None:
    assert schedule(4) == ["old", "new", "new", "old"] * 2


def test_a_host_that_grows_slower_blames_both_sides_alike() -> None:
    times = iter(100 * 1.05**run for run in range(24))
    sides: dict[str, list[float]] = {"old": [], "new": []}
    for side in schedule(12):
        sides[side].append(next(times))
    told = compare(list(zip(sides["old"], sides["new"], strict=True)), 1.25)
    assert told.ratio == pytest.approx(1)
    assert told.outcome is Outcome.WITHIN


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(5, 2.5706), (7, 2.3646), (11, 2.2010), (19, 2.0930), (49, 2.0096)]
)
def test_the_quantile_of_students_distribution_is_that_of_the_tables(
    freedom: int, quantile: float
) -> None:
    assert student(freedom) == pytest.approx(quantile, rel=0.002)
