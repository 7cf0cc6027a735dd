"""What counts can state: Fisher's exact test and an interval for a share; pure."""

from __future__ import annotations

from math import comb, sqrt

MIN_RUNS = 6
"""Runs of the same inputs that each side needs: with fewer, one run decides the answer."""
SIGNIFICANT = 0.05
Z_95 = 1.959964
"""The quantile of the normal distribution for an interval of 95 %."""
_ROUNDING = 1 + 1e-9


def fisher(passed: tuple[int, int], failed: tuple[int, int]) -> float:
    """Return p of Fisher's exact test, two-sided: how likely tables as unlikely as this one are.

    Each pair holds the counts of the old and of the new side. Without any run on a side p is 1.
    """
    old, new = passed[0] + failed[0], passed[1] + failed[1]
    all_failed = failed[0] + failed[1]
    tables = comb(old + new, all_failed)

    def probability(old_failed: int) -> float:
        return comb(old, old_failed) * comb(new, all_failed - old_failed) / tables

    seen = probability(failed[0]) * _ROUNDING
    possible = range(max(0, all_failed - new), min(old, all_failed) + 1)
    return min(1.0, sum(p for each in possible if (p := probability(each)) <= seen))


def wilson(good: int, total: int) -> tuple[float, float]:
    """Return the interval that holds the true share in 95 % of all cases; of nothing: 0 to 1."""
    if total == 0:
        return 0.0, 1.0
    share, spread = good / total, Z_95**2 / total
    centre = (share + spread / 2) / (1 + spread)
    half = Z_95 * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
