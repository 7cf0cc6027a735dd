"""The run as metrics for Prometheus, by its client library.

The library is the extra ``metrics``: code imports this module only when it writes the metrics.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from upgradeproof.render import speed, words
from upgradeproof.results import Availability, Cell, LoadMeasured, RatioMeasured, Run, Verdict
from upgradeproof.results.health import health

CELL = ("product", "platform", "upgrade")
LOAD = (*CELL, "state", "load")
RATIO = (*CELL, "load", "target")
PROBED = (*CELL, "state", "endpoint")
OVER_CONNECTION = (*PROBED, "connection")
METRICS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "run_info": ("The run of the other metrics; always 1", ("run_id", "version")),
    "run_started_timestamp_seconds": ("When the run began", ()),
    "run_finished_timestamp_seconds": ("When the run ended; no sample: it was killed", ()),
    "run_verdict": ("1 for the verdict of the run, 0 for every other", ("verdict",)),
    "cells": ("Selected cells by verdict", ("verdict",)),
    "cells_left_out": ("Cells of the plans that the run did not select", ()),
    "cell_verdict": ("1 for the verdict of a cell, 0 for every other", (*CELL, "verdict")),
    "checks": ("Checks of a cell by verdict", (*CELL, "verdict")),
    "state_duration_seconds": ("How long a state took to build", (*CELL, "state")),
    "load_measured": ("1: the load was measured; 0: its generator failed", LOAD),
    "load_requests": ("Requests that were due while a load was measured", LOAD),
    "load_failed_requests": ("Of these, requests that failed", LOAD),
    "load_throughput_per_second": ("Successful requests in a second", LOAD),
    "load_latency_seconds": (
        "Latency of successful requests; the 100th percentile is the longest",
        (*LOAD, "percentile"),
    ),
    "load_cost_ratio": (
        "Cost of the new release divided by that of the old; above 1 is a loss",
        RATIO,
    ),
    "load_cost_ratio_low": ("Low end of the ratio's 95 % interval", RATIO),
    "load_cost_ratio_high": ("High end of the ratio's 95 % interval", RATIO),
    "load_cost_ratio_budget": ("The largest ratio that is allowed", RATIO),
    "load_cost_outcome": ("1 for the outcome of a comparison", (*RATIO, "outcome")),
    "availability_measured": ("1: an endpoint was probed; 0: the prober failed", PROBED),
    "availability_ratio": ("Share of requests that succeeded in time", OVER_CONNECTION),
    "availability_requests": ("Requests that a prober sent", OVER_CONNECTION),
    "availability_failed_requests": ("Of these, requests that failed", OVER_CONNECTION),
    "availability_late_requests": ("Of these, requests that succeeded late", OVER_CONNECTION),
    "availability_latency_seconds": (
        "Latency of the prober's requests; the 100th percentile is the longest",
        (*OVER_CONNECTION, "percentile"),
    ),
    "downtime_longest_seconds": (
        "Longest downtime of the transition to a state; 0: there was none",
        OVER_CONNECTION,
    ),
    "downtime_total_seconds": (
        "All downtimes of the transition to a state together",
        OVER_CONNECTION,
    ),
    "health_index": ("0 to 100, for an overview; it is no verdict", CELL),
    "health_known_ratio": ("Share of what counts in the health index that is known", CELL),
}
"""Each metric, after ``upgradeproof_``: its meaning and its labels. All of them are gauges."""

Sample = tuple[str, tuple[str, ...], float]
"""A metric's name, the values of its labels in their order, and its value."""


def exposition(run: Run) -> str:
    """Return the run's metrics in the text format; durations are seconds, shares 0 to 1.

    What is not known has no sample. Cells that were not selected are counted and no more.
    """
    registry = CollectorRegistry()
    registry.register(_Samples(_samples(run)))
    return generate_latest(registry).decode()


class _Samples(Collector):
    """What a registry asks for metrics."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._families = {
            name: GaugeMetricFamily(f"upgradeproof_{name}", about, labels=labels)
            for name, (about, labels) in METRICS.items()
        }
        # a file with one series twice is refused as a whole: the last one counts
        known = {(name, tuple(map(_unicode, labels))): value for name, labels, value in samples}
        for (name, labels), value in known.items():
            self._families[name].add_metric(labels, value)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics that have samples."""
        return (family for family in self._families.values() if family.samples)


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _samples(run: Run) -> Iterator[Sample]:
    selected = [cell for cell in run.cells if cell.selected]
    yield "run_info", (run.run_id, run.upgradeproof), 1
    yield from _moment("run_started_timestamp_seconds", run.started_at)
    yield from _moment("run_finished_timestamp_seconds", run.finished_at or "")
    yield from _one_of("run_verdict", (), run.verdict, Verdict)
    verdicts = [cell.verdict for cell in selected]
    for verdict, number in words.count(verdicts).items():
        yield "cells", (verdict,), number
    yield "cells_left_out", (), len(run.cells) - len(selected)
    for cell, found in zip(selected, verdicts, strict=True):
        yield from _of_cell(cell, found)


def _moment(name: str, at: str) -> Iterator[Sample]:
    try:
        yield name, (), datetime.fromisoformat(at).timestamp()
    except ValueError:
        return


def _one_of(
    name: str, labels: tuple[str, ...], found: str, every: Iterable[str]
) -> Iterator[Sample]:
    """Yield a sample for each that it could be, so that an alert can ask for any of them."""
    for each in every:
        yield name, (*labels, each), each == found


def _of_cell(cell: Cell, verdict: Verdict) -> Iterator[Sample]:
    labels = (cell.product, cell.platform, cell.upgrade)
    yield from _one_of("cell_verdict", labels, verdict, Verdict)
    for each, number in words.count(check.verdict for check in cell.checks).items():
        yield "checks", (*labels, each), number
    for state in cell.states:
        if state.duration_s is not None:
            yield "state_duration_seconds", (*labels, state.name), state.duration_s
    for sent in cell.loads:
        yield from _of_load((*labels, sent.state, sent.load), sent)
    for ratio in cell.ratios:
        yield from _of_ratio((*labels, ratio.load, ratio.target), ratio)
    for seen in cell.availability:
        yield from _of_prober((*labels, seen.state, seen.endpoint), seen)
    if found := health(cell):
        yield "health_index", labels, found.index
        yield "health_known_ratio", labels, found.known / 100


def _of_load(labels: tuple[str, ...], sent: LoadMeasured) -> Iterator[Sample]:
    yield "load_measured", labels, not sent.problem
    if sent.problem:
        return
    yield "load_requests", labels, sent.requests
    yield "load_failed_requests", labels, sent.requests - sent.answered
    yield "load_throughput_per_second", labels, sent.throughput_per_s
    if sent.answered:
        longest = (sent.p50_ms, sent.p95_ms, sent.p99_ms, sent.max_ms)
        yield from _percentiles("load_latency_seconds", labels, (50, 95, 99, 100), longest)


def _percentiles(
    name: str, labels: tuple[str, ...], percentiles: Iterable[int], found_ms: Iterable[float]
) -> Iterator[Sample]:
    for percentile, ms in zip(percentiles, found_ms, strict=True):
        yield name, (*labels, str(percentile)), ms / 1000


def _of_ratio(labels: tuple[str, ...], compared: RatioMeasured) -> Iterator[Sample]:
    known = {"": compared.ratio, "_low": compared.low, "_high": compared.high}
    for end, value in known.items():
        if value is not None:
            yield f"load_cost_ratio{end}", labels, value
    yield "load_cost_ratio_budget", labels, compared.budget
    yield from _one_of("load_cost_outcome", labels, compared.outcome, speed.OUTCOMES)


def _of_prober(labels: tuple[str, ...], seen: Availability) -> Iterator[Sample]:
    yield "availability_measured", labels, not seen.problem
    for measured in seen.connections if not seen.problem else ():
        of_connection = (*labels, measured.connection)
        yield "availability_requests", of_connection, measured.requests
        if not measured.requests:
            continue
        yield "availability_ratio", of_connection, measured.share
        yield "availability_failed_requests", of_connection, measured.failed
        yield "availability_late_requests", of_connection, measured.late
        yield "downtime_longest_seconds", of_connection, measured.longest_downtime_ms / 1000
        yield "downtime_total_seconds", of_connection, measured.total_downtime_ms / 1000
        if measured.requests > measured.failed:
            found = (measured.p50_ms, measured.p99_ms, measured.max_ms)
            name = "availability_latency_seconds"
            yield from _percentiles(name, of_connection, (50, 99, 100), found)
