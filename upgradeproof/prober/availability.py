"""Compute availability from requests: downtimes, latencies, and their heat map (pure)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from upgradeproof.load.histogram import Histogram
from upgradeproof.plan import Disruption
from upgradeproof.prober.recording import Recording, Sample, Stall
from upgradeproof.results.load import (
    Availability,
    Connection,
    ConnectionAvailability,
    Downtime,
    HeatMap,
    HeatSpot,
    StepMark,
)

CONNECTIONS: tuple[Connection, ...] = ("kept", "new")
ROWS_MS = tuple(round(part * 10.0**power, 1) for power in range(-1, 5) for part in (1, 2, 5))
"""0.1 ms to 50 s, three rows for each power of ten: the prober waits for no answer for longer than
twice the largest `answer_timeout_ms`."""
Status = Literal["up", "down", "unknown"]
MAX_COLUMNS = 120
MIN_COLUMN_S = 0.1


def availability(
    asked: Disruption,
    state: str,
    recording: Recording,
    steps: Sequence[StepMark],
    *,
    evidence: str = "",
) -> Availability:
    """Return what the requests of one endpoint prove; ``steps`` are in seconds like its samples.

    A downtime goes from when the first bad request was due to when the next good one was, over the
    same kind of connection; one that is open at the end lasts to the end. A time in which the
    prober itself could not ask, or made answers late, is a downtime as well, and not certain: it
    is shown, and no fault of the product. A certain downtime next to it is a separate one.
    """
    over = f"the prober's time was over after {recording.lasted_s:.0f} s, before the upgrade was"
    return Availability(
        endpoint=asked.endpoint,
        state=state,
        duration_s=recording.lasted_s,
        rate_per_s=asked.rate_per_s,
        answer_timeout_ms=asked.answer_timeout_ms,
        connections=tuple(
            _over_connection(connection, asked, recording, steps) for connection in CONNECTIONS
        ),
        steps=tuple(steps),
        heat=heat_map(recording.samples, recording.lasted_s),
        problem="" if recording.ended_on_request else over,
        evidence=evidence,
    )


def failed(asked: Disruption, state: str, steps: Sequence[StepMark], why: str) -> Availability:
    """Return an availability of which nothing is known, since the prober itself failed."""
    return Availability(
        endpoint=asked.endpoint,
        state=state,
        duration_s=0,
        rate_per_s=asked.rate_per_s,
        answer_timeout_ms=asked.answer_timeout_ms,
        connections=(),
        steps=tuple(steps),
        heat=heat_map((), 0),
        problem=why,
    )


def heat_map(samples: Sequence[Sample], lasted_s: float) -> HeatMap:
    """Return how many requests of each moment took how long, over both kinds of connection.

    Requests that were not sent are left out.
    """
    column_s = max(MIN_COLUMN_S, math.ceil(lasted_s / MAX_COLUMNS * 10) / 10)
    columns = math.ceil(lasted_s / column_s)
    counts = Counter(
        (min(int(sample.due_s / column_s), columns - 1), _row(sample))
        for sample in samples
        if sample.late_s is not None
    )
    return HeatMap(
        column_s=column_s,
        columns=columns,
        rows_ms=ROWS_MS,
        spots=tuple(
            HeatSpot(column=column, row=row, count=count)
            for (column, row), count in sorted(counts.items())
        ),
    )


def _row(sample: Sample) -> int:
    if sample.failure:
        return len(ROWS_MS)
    below = (row for row, limit_ms in enumerate(ROWS_MS) if sample.latency_s * 1000 < limit_ms)
    return next(below, len(ROWS_MS) - 1)


def _status(sample: Sample, asked: Disruption, stalls: Sequence[Stall]) -> Status:
    """Return what one request proves about the moment at which it was due.

    Nothing, if it was not sent, or if it was late by no more than what the prober itself was.
    """
    if sample.late_s is None:
        return "unknown"
    if not _bad(sample, asked.answer_timeout_ms):
        return "up"
    sent_s, answered_s = sample.due_s + sample.late_s, sample.due_s + sample.latency_s
    stalled_s = sum(
        max(0.0, min(answered_s, stall.began_s + stall.lasted_s) - max(sent_s, stall.began_s))
        for stall in stalls
    )
    waited_s = sample.latency_s - sample.late_s - stalled_s
    is_late = sample.latency_s * 1000 > asked.answer_timeout_ms
    return "unknown" if is_late and waited_s * 1000 <= asked.answer_timeout_ms else "down"


def _over_connection(
    connection: Connection, asked: Disruption, recording: Recording, steps: Sequence[StepMark]
) -> ConnectionAvailability:
    due = sorted(
        (sample for sample in recording.samples if sample.connection == connection),
        key=lambda sample: sample.due_s,
    )
    judged = [(sample, _status(sample, asked, recording.stalls)) for sample in due]
    bad = [sample for sample, status in judged if status == "down"]
    latencies = Histogram()
    for sample in due:
        if sample.late_s is not None and not sample.failure:
            latencies.record(sample.latency_s)
    return ConnectionAvailability(
        connection=connection,
        requests=sum(sample.late_s is not None for sample in due),
        failed=sum(bool(sample.failure) for sample in bad),
        late=sum(not sample.failure for sample in bad),
        p50_ms=latencies.percentile_ms(50),
        p99_ms=latencies.percentile_ms(99),
        max_ms=latencies.max_ms,
        downtimes=tuple(_downtimes(judged, asked, recording, steps)),
    )


def _bad(sample: Sample, answer_timeout_ms: float) -> str:
    """Return why a request was not answered well and in time; empty: it was."""
    late = sample.latency_s * 1000 > answer_timeout_ms
    return sample.failure or (f"later than {answer_timeout_ms:g} ms" if late else "")


def _downtimes(
    judged: Sequence[tuple[Sample, Status]],
    asked: Disruption,
    recording: Recording,
    steps: Sequence[StepMark],
) -> Iterator[Downtime]:
    runs = [
        (status, [sample for sample, _ in run])
        for status, run in groupby(judged, key=lambda each: each[1])
    ]
    ends = [*(following[0].due_s for _, following in runs[1:]), recording.lasted_s]
    for (status, run), ended_s in zip(runs, ends, strict=False):
        if status == "up":
            continue
        began_s = run[0].due_s
        reasons = Counter(_bad(sample, asked.answer_timeout_ms) for sample in run)
        in_step = (mark.title for mark in steps if mark.began_s <= began_s < mark.ended_s)
        yield Downtime(
            began_s=began_s,
            duration_ms=round((ended_s - began_s) * 1000, 2),
            requests=len(run),
            reason=reasons.most_common(1)[0][0],
            step=next(in_step, ""),
            certain=status == "down",
        )
