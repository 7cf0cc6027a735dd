"""The moments at which tasks are due in the open model, shared by the users of one process."""

from __future__ import annotations

import math


class Arrivals:
    """Hand out moments at a fixed rate, whether or not those before them were used in time.

    Of all processes together the rate is ``rate_per_s``: each of the ``shares`` takes every so
    many-th moment, beginning with its own.
    """

    def __init__(
        self,
        *,
        begins_at: float,
        ends_at: float,
        rate_per_s: float,
        share: int = 0,
        shares: int = 1,
    ) -> None:
        self._begins_at = begins_at
        self._rate_per_s = rate_per_s
        self._next = share
        self._step = shares
        # Rounded: on a host that has been up for two hours and more, the difference of two of its
        # clock's moments is too long by a picosecond, which made one arrival more at the very end.
        self._end = math.ceil(round((ends_at - begins_at) * rate_per_s, 6))

    def take(self) -> float | None:
        """Return the next moment, in seconds of the same clock; None: there is no more."""
        if self._next >= self._end:
            return None
        due = self._begins_at + self._next / self._rate_per_s
        self._next += self._step
        return due

    @property
    def left(self) -> int:
        """Return how many were not taken."""
        return len(range(self._next, self._end, self._step))
