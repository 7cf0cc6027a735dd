"""Histograms store three digits of a latency, merge without loss, and are read atomically."""

from __future__ import annotations

import pytest

from tests.unit.load.results import histogram
from upgradeproof.errors import LoadError
from upgradeproof.load import Histogram


@pytest.mark.parametrize("latency_ms", [0.123, 4.56, 789.0, 61_234.0])
def test_three_digits_of_a_latency_are_stored(latency_ms: float) -> None:
    assert histogram([latency_ms]).percentile_ms(50) == pytest.approx(latency_ms, rel=0.001)


def test_a_percentile_is_the_latency_that_this_share_does_not_exceed() -> None:
    found = histogram(range(1, 1001))
    assert found.percentile_ms(50) == pytest.approx(500, rel=0.001)
    assert found.percentile_ms(99) == pytest.approx(990, rel=0.001)
    assert found.max_ms == pytest.approx(1000, rel=0.001)


def test_an_empty_histogram_has_no_latency() -> None:
    assert (Histogram().count, Histogram().percentile_ms(99), Histogram().max_ms) == (0, 0, 0)


def test_a_latency_out_of_range_counts_as_the_nearest_bound() -> None:
    found = Histogram()
    found.record(-1)
    found.record(7200)
    assert found.count == 2
    assert found.percentile_ms(50) == 0.001
    assert found.max_ms == pytest.approx(3_600_000, rel=0.001)


def test_merged_histograms_equal_one_histogram_of_all_latencies() -> None:
    merged = Histogram.merged([histogram(range(1, 501)), histogram(range(501, 1001))])
    assert merged.encode() == histogram(range(1, 1001)).encode()


def test_an_encoded_histogram_is_decoded() -> None:
    found = Histogram.decode(histogram([1, 20, 300]).encode())
    assert found.count == 3
    assert found.percentile_ms(100) == pytest.approx(300, rel=0.001)


COMPLETE = histogram(range(1, 200)).encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "HIST",
        COMPLETE[:-8],
        COMPLETE[: len(COMPLETE) // 2],
        COMPLETE[:12],
        "AAAA" + COMPLETE,
    ],
)
def test_a_damaged_histogram_is_one_error(text: str) -> None:
    with pytest.raises(LoadError, match=r"^a histogram of latencies is damaged"):
        Histogram.decode(text)


def test_a_long_delay_counts_for_every_request_that_it_delayed() -> None:
    found = Histogram()
    for _ in range(100):
        found.record(0.001, every_s=0.01)
    found.record(1.0, every_s=0.01)
    assert found.count == 200
    assert found.percentile_ms(50) == pytest.approx(1, rel=0.01)
    assert found.percentile_ms(75) == pytest.approx(500, rel=0.05)
