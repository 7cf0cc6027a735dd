"""A circuit breaker: after repeated failures calls stop for a while, then one call is tried."""

from __future__ import annotations

import time
from typing import Callable

FAILURES = 5
"""How many failures in a row open the breaker."""
OPEN_S = 3.0
"""How long the breaker stays open before one call is tried.

It is longer than any call takes, so that a late answer is not mistaken for that of the trial.
"""
CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"

Changed = Callable[[bool, str], None]
"""Receives whether the breaker is open, and why: once when it opens, once when it closes again."""


class Breaker:
    """Count the failed calls that a caller reports, and decide whether it may make another one."""

    def __init__(self, changed: Changed, clock: Callable[[], float] = time.monotonic) -> None:
        self.state = CLOSED
        self._changed = changed
        self._clock = clock
        self._failures = 0
        self._retry_at = 0.0

    def admits(self) -> bool:
        """Return whether a call may be made; the caller then reports how it ended."""
        if self.state == OPEN and self._clock() >= self._retry_at:
            self.state = HALF_OPEN
            return True
        return self.state == CLOSED

    def succeeded(self) -> None:
        """Record a call that succeeded: if it was the trial, the breaker closes."""
        self._failures = 0
        if self.state == HALF_OPEN:
            self.state = CLOSED
            self._changed(False, "it answers again")

    def failed(self, why: str) -> None:
        """Record a call that failed; the breaker opens after too many, or after a failed trial."""
        self._failures += 1
        if self.state == HALF_OPEN:
            self._open()
        elif self.state == CLOSED and self._failures >= FAILURES:
            self._open()
            self._changed(True, why)

    def _open(self) -> None:
        self.state = OPEN
        self._retry_at = self._clock() + OPEN_S
