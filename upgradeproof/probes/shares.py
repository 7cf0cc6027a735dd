"""Compare limits that are a share of what the kernel leaves free or allows."""

from __future__ import annotations

NEAR = 0.05
"""The share by which such limits may differ: a kernel of another size leaves 0.5 % less of 1 GiB of
memory, and allows 1 % fewer tasks."""


def near(was: str, now: str) -> bool:
    """Return whether two whole numbers differ by no more than that. Raises ValueError."""
    return abs(int(now) - int(was)) <= NEAR * int(was)
