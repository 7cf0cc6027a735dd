"""What one process of the generator counts while it is measured."""

from __future__ import annotations

from collections import Counter

from upgradeproof.load.histogram import Histogram
from upgradeproof.load.result import Recording

MAX_KINDS = 20
"""Of failures; a server that gives each a text of its own must not fill the memory."""
OTHER = "others"


class Tally:
    """Count answers, failures and delays between two moments of one clock, in seconds."""

    def __init__(self, opens_at: float, closes_at: float) -> None:
        self.opens_at = opens_at
        self.closes_at = closes_at
        self._latencies = Histogram()
        self._lag = Histogram()
        self._statuses: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    def covers(self, moment: float) -> bool:
        """Return whether what was due at this moment is measured."""
        return self.opens_at <= moment < self.closes_at

    def answer(self, latency_s: float, status: int | None) -> None:
        """Count a request that was answered well; of a protocol without a status: None."""
        self._latencies.record(latency_s)
        self._note_status(status)

    def failure(self, kind: str, status: int | None = None, *, times: int = 1) -> None:
        """Count requests that were not answered well."""
        _count(self._failures, kind, times)
        self._note_status(status)

    def delay(self, lag_s: float, *, every_s: float) -> None:
        """Count by how much the process itself was late for something that it does every so often.

        One long delay counts for all the times that were missed in it, too.
        """
        self._lag.record(lag_s, every_s)

    def error(self, text: str) -> None:
        """Count an exception that the users' own file raised."""
        _count(self._errors, text, 1)

    def recording(self, cpu_s: float) -> Recording:
        """Return what was counted; ``cpu_s`` is what the process used of its processor."""
        measured_s = self.closes_at - self.opens_at
        return Recording(
            measured_s=measured_s,
            latencies=self._latencies.encode(),
            statuses=dict(self._statuses),
            failures=dict(self._failures),
            errors=dict(self._errors),
            lag=self._lag.encode(),
            cpu_share=cpu_s / measured_s,
        )

    def _note_status(self, status: int | None) -> None:
        if status:
            self._statuses[str(status)] += 1


def _count(counter: Counter[str], kind: str, times: int) -> None:
    known = kind in counter or len(counter) < MAX_KINDS
    counter[kind if known else OTHER] += times
