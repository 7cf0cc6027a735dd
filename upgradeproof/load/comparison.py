"""Compare two releases by pairs of runs: by how much the new one is worse, and the noise."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from statistics import NormalDist, fmean
from typing import Literal

from upgradeproof.plan.load import MIN_REPEATS

CONFIDENCE = 0.95
RESAMPLES = 4_000
"""Enough for the furthest percentile that is asked for: some ten of them lie beyond it."""
SEED = 20_230_701
"""The same measurements give the same answer: a verdict must not depend on when it is asked for."""

Side = Literal["old", "new"]


class Outcome(StrEnum):
    """What pairs of runs prove about a ratio and its budget."""

    WITHIN = "within"
    """Even the upper end of the interval is within the budget."""
    WORSE = "worse"
    """Even the lower end is beyond the budget; or, after the last pair, the ratio itself is, and
    even the lower end is a loss."""
    CANNOT_TELL = "cannot_tell"
    """Neither: more pairs may decide it, and after the last one the noise is too wide."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Hold how the new release compares with the old; ratios above 1 are a loss."""

    pairs: int
    ratio: float
    """The geometric mean of the pairs' ratios."""
    low: float
    high: float
    """The interval that holds the true ratio in 95 % of all cases."""
    outcome: Outcome

    def __str__(self) -> str:
        noise = f"{self.low:.2f} to {self.high:.2f}" if self.pairs >= MIN_REPEATS else "anything"
        return f"{self.ratio:.2f} ({noise}, {self.pairs} pairs)"


def order() -> Iterator[tuple[Side, Side]]:
    """Yield which side runs first in each pair: A B, B A, A B... without end.

    Each side runs first as often as second: a host that grows slower from run to run makes one
    pair look worse and the next one better.
    """
    while True:
        yield "old", "new"
        yield "new", "old"


def schedule(pairs: int) -> list[Side]:
    """Return the sides in the order in which they run: A B B A A B B A..."""
    return [side for pair in islice(order(), pairs) for side in pair]


def compare(
    pairs: Sequence[tuple[float, float]], budget: float, *, last: bool = False
) -> Comparison:
    """Compare costs, old and new of each pair, with a budget: a ratio above 1.

    ``last``: no more pairs may be run. While they may, a ratio near its budget is not decided.
    What a pair shares, such as a slow hour of the host, cancels out in its ratio. Ratios are
    compared by their logarithms: twice as slow and twice as fast are then as far from 1.
    """
    logs = [math.log(new / old) for old, new in pairs]
    ratio = math.exp(fmean(logs))
    if len(logs) < MIN_REPEATS:
        return Comparison(
            pairs=len(logs), ratio=ratio, low=0, high=math.inf, outcome=Outcome.CANNOT_TELL
        )
    low, high = (math.exp(end) for end in _interval(logs))
    if high <= budget:
        outcome = Outcome.WITHIN
    elif low > budget or (last and low > 1 and ratio > budget):
        outcome = Outcome.WORSE
    else:
        outcome = Outcome.CANNOT_TELL
    return Comparison(pairs=len(logs), ratio=ratio, low=low, high=high, outcome=outcome)


def _interval(values: Sequence[float]) -> tuple[float, float]:
    """Return a bootstrap interval of the mean, at ``CONFIDENCE``.

    The plain percentile interval is too narrow for few values, by a factor of sqrt((n - 1) / n) and
    by what Student's distribution is wider than the normal one. So its percentiles are moved
    outwards by both: the expanded percentile interval (Hesterberg 2015, "What Teachers Should Know
    About the Bootstrap", section 4.3).
    """
    count = len(values)
    tail = NormalDist().cdf(-student(count - 1) * math.sqrt(count / (count - 1)))
    chance = random.Random(SEED)  # noqa: S311  # it protects no secret
    means = sorted(sum(chance.choices(values, k=count)) / count for _ in range(RESAMPLES))
    at = math.floor(tail * RESAMPLES)
    return means[at], means[RESAMPLES - 1 - at]


def student(freedom: int) -> float:
    """Return the quantile of Student's distribution that ``CONFIDENCE`` asks for.

    By the expansion in powers of 1 / freedom (Abramowitz and Stegun, 26.7.5): within 0.1 % from 5
    degrees of freedom on. It spares a library of 100 MB one number.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return sum(term * float(freedom) ** -power for power, term in enumerate(terms))
