"""The measurements of the example's cells: loads on three states, comparisons and downtimes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from upgradeproof.results import Availability, Downtime, LoadMeasured, RatioMeasured
from upgradeproof.results.load import (
    ConnectionAvailability,
    HeatMap,
    HeatSpot,
    LatencyPoint,
    StepMark,
)

PERCENTS = (50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.97, 100.0)
ROWS_MS = tuple(round(10 ** (power / 8), 3) for power in range(29))
"""Eight rows a decade, from 1 ms to about 3 s."""
COLUMN_S = 0.5
RATE_PER_S = 20
APT = "apt-get install --only-upgrade lighthouse-agent lighthouse-config liblighthouse"
RESTART = (41.0, 44.2)
"""When the example's service was not there, in seconds of its upgrade."""
STEPS = (
    StepMark(title="publish the packages of 1.3.0", began_s=2.1, ended_s=3.4),
    StepMark(title="apt-get update", began_s=3.5, ended_s=11.8),
    StepMark(title=APT, began_s=11.9, ended_s=52.6),
    StepMark(title="systemctl restart lighthouse-agent", began_s=52.7, ended_s=54.0),
)


def of_cell(platform: str, upgrade: str) -> dict[str, object]:
    """Return the measurements of two of the example's cells: one became slower, one did not."""
    if platform != "debian-12-amd64.container":
        return {}
    if upgrade == "lighthouse-1.2.7-to-1.2.8":
        return {"loads": (*loads()[:1], _load("visitors", "upgraded", 8.1, 12.2))}
    if upgrade != "lighthouse-1.2.8-to-1.3.0":
        return {}
    return {"loads": loads(), "ratios": ratios(), "availability": availability()}


def loads() -> tuple[LoadMeasured, ...]:
    """Return two loads on three states; the generator of one of them failed."""
    return (
        _load("visitors", "installed", 8.2, 12.4),
        _load("visitors", "upgraded", 9.1, 17.8, failures={"503 Service Unavailable": 7}),
        _load("visitors", "rolled_back", 8.3, 12.9),
        _load("customers", "installed", 3.1, 6.0),
        _load("customers", "upgraded", 3.3, 6.2).model_copy(
            update={"problem": "the generator used 97% of its processor: give it more"}
        ),
    )


def _load(
    load: str, state: str, p50_ms: float, p99_ms: float, failures: dict[str, int] | None = None
) -> LoadMeasured:
    steepness = math.log(p99_ms / p50_ms) / math.log(50)
    curve = tuple(
        LatencyPoint(
            percent=percent, ms=round(p50_ms * (50 / max(100 - percent, 0.016)) ** steepness, 2)
        )
        for percent in PERCENTS
    )
    at = {point.percent: point.ms for point in curve}
    failures = failures or {}
    return LoadMeasured(
        load=load,
        state=state,
        duration_s=30.0,
        requests=6000,
        answered=6000 - sum(failures.values()),
        throughput_per_s=(6000 - sum(failures.values())) / 30,
        p50_ms=at[50],
        p95_ms=at[95],
        p99_ms=at[99],
        max_ms=at[100],
        curve=curve,
        failures=failures,
        evidence=f"evidence/load/{load}.{state}.json",
    )


def ratios() -> tuple[RatioMeasured, ...]:
    """Return a load that exceeds its budget, and one whose result is hidden by noise."""
    pairs = ((12.4, 17.8), (12.6, 17.1), (12.1, 17.9), (13.0, 17.0), (12.4, 18.2), (12.9, 17.7))
    return (
        RatioMeasured(
            load="visitors",
            target="p99_ratio",
            budget=1.25,
            pairs=pairs,
            ratio=1.42,
            low=1.33,
            high=1.49,
            outcome="worse",
            reason="99th percentile of the latencies: 1.42 (1.33 to 1.49), 1.25 is allowed",
        ),
        RatioMeasured(
            load="customers",
            target="throughput_ratio",
            budget=1.111,
            pairs=pairs[:2],
            ratio=None,
            low=None,
            high=None,
            outcome="not_compared",
            reason="the new release: the generator used 97% of its processor: give it more",
        ),
    )


def availability() -> tuple[Availability, ...]:
    """Return the availability while the service was restarted, and that of a prober that failed."""
    seen = Availability(
        endpoint="site",
        state="upgraded",
        duration_s=56.0,
        rate_per_s=RATE_PER_S,
        answer_timeout_ms=1000.0,
        connections=(_lane("kept", 3 * RATE_PER_S, 3200.0), _lane("new", 62, 3150.0)),
        steps=STEPS,
        heat=HeatMap(column_s=COLUMN_S, columns=112, rows_ms=ROWS_MS, spots=tuple(_spots())),
        evidence="evidence/probed/site.upgraded.json",
    )
    broken = Availability(
        endpoint="admin",
        state="upgraded",
        duration_s=0.0,
        rate_per_s=RATE_PER_S,
        answer_timeout_ms=1000.0,
        connections=(),
        steps=(),
        heat=HeatMap(column_s=COLUMN_S, columns=0, rows_ms=ROWS_MS, spots=()),
        problem="the prober was late by 312 ms itself: the host is too busy",
    )
    return (seen, broken)


def _lane(connection: str, failed: int, duration_ms: float) -> ConnectionAvailability:
    blip = Downtime(
        began_s=53.1,
        duration_ms=140.0,
        requests=3,
        reason="connection reset",
        step=STEPS[3].title,
        certain=connection == "new",
    )
    down = Downtime(
        began_s=RESTART[0],
        duration_ms=duration_ms,
        requests=failed,
        reason="connection refused",
        step=APT,
    )
    return ConnectionAvailability.model_validate(
        {
            "connection": connection,
            "requests": 56 * RATE_PER_S,
            "failed": failed + 3,
            "late": 4,
            "p50_ms": 3.1,
            "p99_ms": 48.0,
            "max_ms": 1840.0,
            "downtimes": (down, blip),
        }
    )


def _spots() -> Iterator[HeatSpot]:
    """Yield a service that is slower during the unpacking, and unavailable during its restart."""
    for column in range(112):
        second = column * COLUMN_S
        if RESTART[0] <= second < RESTART[1]:
            yield HeatSpot(column=column, row=len(ROWS_MS), count=2 * RATE_PER_S // 2)
            continue
        middle = 8 if STEPS[2].began_s <= second < STEPS[2].ended_s else 4
        for offset, count in ((-2, 1), (-1, 4), (0, 9), (1, 4), (2, 1)):
            yield HeatSpot(column=column, row=middle + offset + column % 3 % 2, count=count)
        if column % 17 == 0:
            yield HeatSpot(column=column, row=middle + 9, count=1)
