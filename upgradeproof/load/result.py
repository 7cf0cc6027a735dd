"""The result of a load: counted by each process of the generator, not judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from upgradeproof.errors import LoadError
from upgradeproof.load.histogram import Histogram
from upgradeproof.results.base import Frozen

MAX_CPU = 0.9
"""Share of a processor above which latencies are the generator's own: where Locust warns, too."""
MAX_SHOWN = 3
"""Kinds of failures that a reason names."""
MIN_LAG_MS = 25.0
"""Lag that is never blamed: two busy processors woke a process of the lowest priority
3.5 to 21 ms late (99th percentiles of six loads)."""
LAG_SHARE = 0.1
"""Share of the 99th percentile of the latencies that the generator's own lag may make up."""


class Recording(Frozen):
    """What one process of the generator counted."""

    measured_s: float
    latencies: str
    """Of the requests that were answered well: a histogram, encoded."""
    statuses: dict[str, int]
    failures: dict[str, int]
    """Requests that were not answered well, by kind."""
    errors: dict[str, int]
    """Exceptions that the users' own file raised."""
    lag: str
    """By how much the process was late for what it had planned itself: a histogram, encoded."""
    cpu_share: float
    """What it used of one processor."""


class LoadResult(Frozen):
    """What all processes counted; not summarised, so that results can be merged later."""

    generators: int
    """Processes that were to send."""
    recordings: tuple[Recording, ...]

    @classmethod
    def read(cls, path: Path) -> LoadResult:
        """Return the result in a file. Raises LoadError when it is not there, or not whole."""
        try:
            found = cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise LoadError("Locust ended and left no result") from None
        except ValidationError as error:
            first = error.errors()[0]["msg"]
            raise LoadError("the result of the load is damaged", details=first) from None
        _ = found.latencies, found.lag
        return found

    @cached_property
    def latencies(self) -> Histogram:
        """Return the latencies of the requests that were answered well. Raises LoadError."""
        return Histogram.merged(Histogram.decode(part.latencies) for part in self.recordings)

    @cached_property
    def lag(self) -> Histogram:
        """Return by how much the generator was late. Raises LoadError."""
        return Histogram.merged(Histogram.decode(part.lag) for part in self.recordings)

    @property
    def failures(self) -> Mapping[str, int]:
        """Return the requests that were not answered well, by kind, the most frequent first."""
        return _sum(part.failures for part in self.recordings)

    @property
    def statuses(self) -> Mapping[str, int]:
        """Return the answers by status, the most frequent first."""
        return _sum(part.statuses for part in self.recordings)

    @property
    def answered(self) -> int:
        """Return how many requests were answered well."""
        return self.latencies.count

    @property
    def requests(self) -> int:
        """Return how many were due while it was measured, answered or not."""
        return self.answered + sum(self.failures.values())

    @property
    def throughput_per_s(self) -> float:
        """Return how many requests that began in one second were answered well."""
        return sum(Histogram.decode(p.latencies).count / p.measured_s for p in self.recordings)

    @property
    def cpu_share(self) -> float:
        """Return what the busiest process used of its processor."""
        return max((part.cpu_share for part in self.recordings), default=0.0)

    @property
    def broken_reason(self) -> str:
        """Return why the result proves nothing about the product; empty: it can be judged."""
        if lost := self.generators - len(self.recordings):
            return f"{lost} of {self.generators} processes of the generator were lost"
        if errors := _sum(part.errors for part in self.recordings):
            return f"the locustfile raised an error: {in_words(errors)}"
        return self.strained_reason

    @property
    def strained_reason(self) -> str:
        """Return how the generator was the limit, which it may not be again; empty: it was not.

        Where nothing at all was answered it is not blamed for being busy: users who are refused at
        once ask again at once.
        """
        if not self.answered:
            return ""
        if self.cpu_share > MAX_CPU:
            return f"the generator used {self.cpu_share:.0%} of its processor: give it more"
        lag_ms, latency_ms = self.lag.percentile_ms(99), self.latencies.percentile_ms(99)
        if lag_ms > max(MIN_LAG_MS, LAG_SHARE * latency_ms):
            return (
                f"the generator could not keep its schedule: it was {lag_ms:.1f} ms late itself, "
                f"with latencies of {latency_ms:.1f} ms (99th percentiles)"
            )
        return ""


def in_words(counts: Mapping[str, int]) -> str:
    """Return the most frequent of what was counted, in words."""
    named = [f"{count} x {kind}" for kind, count in counts.items()]
    left = len(named) - MAX_SHOWN
    return ", ".join((*named[:MAX_SHOWN], *([f"and {left} other kinds"] if left > 0 else [])))


def _sum(parts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part)
    return dict(counts.most_common())
