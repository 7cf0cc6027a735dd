"""A circuit breaker: who fails again and again is left alone for a while, then tried once."""

from __future__ import annotations

import time
from typing import Callable

FAILURES = 5
"""In a row, until it opens."""
OPEN_S = 3.0
"""Until one call is tried. Longer than any answer takes: a late one is never the trial's."""
CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"

Changed = Callable[[bool, str], None]
"""Is told whether it is open now, and why: once when it opens, once when it closes again."""


class Breaker:
    """Count what a caller says of its calls, and say whether the next one is worth a try."""

    def __init__(self, changed: Changed, clock: Callable[[], float] = time.monotonic) -> None:
        self.state = CLOSED
        self._changed = changed
        self._clock = clock
        self._failures = 0
        self._retry_at = 0.0

    def admits(self) -> bool:
        """Tell whether a call may be made; whoever makes it says how it ended."""
        if self.state == OPEN and self._clock() >= self._retry_at:
            self.state = HALF_OPEN
            return True
        return self.state == CLOSED

    def succeeded(self) -> None:
        """Note a call that ended well: the trial's closes the breaker."""
        self._failures = 0
        if self.state == HALF_OPEN:
            self.state = CLOSED
            self._changed(False, "it answers again")

    def failed(self, why: str) -> None:
        """Note a call that failed: one too many opens the breaker, the trial's keeps it open."""
        self._failures += 1
        if self.state == HALF_OPEN:
            self._open()
        elif self.state == CLOSED and self._failures >= FAILURES:
            self._open()
            self._changed(True, why)

    def _open(self) -> None:
        self.state = OPEN
        self._retry_at = self._clock() + OPEN_S
