"""What a run knows of speed and availability: loads, their comparison, and the downtimes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, computed_field

from upgradeproof.results.base import Frozen

Connection = Literal["kept", "new"]
"""How a request is sent: over a connection that stays open, or over one of its own."""


def percent(share: float) -> str:
    """Return a share in percent, rounded down: what is not all of it never reads 100 %."""
    return f"{math.floor(round(share * 1e5, 6)) / 1e3:g} %"


class LatencyPoint(Frozen):
    """One point of a percentile curve."""

    percent: float
    """Share of the answers that took no longer, 0 to 100."""
    ms: float


class LoadMeasured(Frozen):
    """One load on one state, measured. Latencies are of the requests that were answered well."""

    load: str
    """The id that the plan gives it."""
    state: str
    duration_s: float
    """How long was measured."""
    requests: int
    answered: int
    """Requests that were answered well."""
    throughput_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    curve: tuple[LatencyPoint, ...] = ()
    """From the median to the slowest, each point nearer to 100 %."""
    failures: Mapping[str, int] = Field(default_factory=dict)
    """Requests that were not answered well, by kind, the most frequent first."""
    problem: str = ""
    """Why the generator itself failed, and nothing is known of the product; empty: it did not."""
    evidence: str = ""
    """Path of the result with its histograms, as JSON, relative to run.json."""


class RatioMeasured(Frozen):
    """How a load on the new release compares with the same on the old; above 1 is a loss."""

    load: str
    target: str
    """The plan's name of it: ``p99_ratio`` or ``throughput_ratio``."""
    budget: float
    """What the cost may be multiplied by."""
    pairs: tuple[tuple[float, float], ...]
    """The cost of the old and of the new release in each pair of runs."""
    ratio: float | None
    """None: the runs could not be compared."""
    low: float | None
    high: float | None
    """The ends of the interval that holds the true ratio in 95 % of all cases; None: unknown."""
    outcome: Literal["within", "worse", "cannot_tell", "not_compared"]
    reason: str


class Downtime(Frozen):
    """A time in which every request over one kind of connection failed, was late, or not sent."""

    began_s: float
    """Seconds since the prober began."""
    duration_ms: float
    """From when its first request was due to when the next one was that is not part of it."""
    requests: int
    """Requests that were due in it."""
    reason: str
    """The most frequent failure."""
    step: str
    """The step of the upgrade that was carried out when it began; empty: none was."""
    certain: bool = True
    """False: the prober itself did not run all the time, so that this may have been no downtime."""

    def __str__(self) -> str:
        where = f"in the step {self.step!r}" if self.step else "in no step"
        doubt = "" if self.certain else "; the prober itself did not run all the while"
        return (
            f"at {self.began_s:.2f} s, {where}: {self.duration_ms:.0f} ms, "
            f"{self.requests} request{'' if self.requests == 1 else 's'}, {self.reason}{doubt}"
        )


class ConnectionAvailability(Frozen):
    """What the prober saw over one kind of connection."""

    connection: Connection
    requests: int
    """Those that were sent: for a stall of its own, the prober leaves some out."""
    failed: int
    late: int
    """Answered well, and later than the plan allows."""
    p50_ms: float
    """Latencies are of the requests that were answered well, the late ones included."""
    p99_ms: float
    max_ms: float
    downtimes: tuple[Downtime, ...] = ()

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def longest_downtime_ms(self) -> float:
        """Return how long the longest downtime lasted that is certain; 0: there was none."""
        return max((each.duration_ms for each in self.downtimes if each.certain), default=0.0)

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def total_downtime_ms(self) -> float:
        """Return how long all downtimes lasted together that are certain."""
        return sum(each.duration_ms for each in self.downtimes if each.certain)

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def share(self) -> float:
        """Return the share of requests that were answered well and in time; of none: 0."""
        return 1 - (self.failed + self.late) / self.requests if self.requests else 0.0


class HeatSpot(Frozen):
    """How many answers of one moment took how long: one field of the heat map."""

    column: int
    row: int
    count: int


class HeatMap(Frozen):
    """Time x latency: how many requests of each moment took how long.

    Column ``c`` holds what was due from ``c * column_s`` on, in seconds since the prober began. Row
    ``r`` holds latencies below ``rows_ms[r]``, and not below that of the row before. What was not
    answered well is counted in the row after the last, ``len(rows_ms)``.
    """

    column_s: float
    columns: int
    rows_ms: tuple[float, ...]
    spots: tuple[HeatSpot, ...]


class StepMark(Frozen):
    """When a step of the upgrade was carried out, in seconds since the prober began."""

    title: str
    began_s: float
    ended_s: float


class Availability(Frozen):
    """What a prober saw of one endpoint during the transition to a state."""

    endpoint: str
    state: str
    duration_s: float
    rate_per_s: float
    """Requests in a second, half of them over each kind of connection."""
    answer_timeout_ms: float
    """An answer that takes longer is no better than none."""
    connections: tuple[ConnectionAvailability, ...]
    steps: tuple[StepMark, ...]
    heat: HeatMap
    problem: str = ""
    """Why the prober itself failed, and nothing is known of the product; empty: it did not."""
    evidence: str = ""
    """Path of every request that was sent, as JSON, relative to run.json."""
