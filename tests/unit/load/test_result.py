"""A result is merged from its processes; it is complete or an error, or its generator failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.load.results import histogram, recording, result
from upgradeproof.errors import LoadError
from upgradeproof.load import LoadResult


def test_processes_are_merged() -> None:
    found = LoadResult(
        generators=2,
        recordings=(
            recording([1] * 90, failures={"timed out": 1}, statuses={"200": 90}, cpu_share=0.2),
            recording([9] * 10, failures={"timed out": 2, "reset": 1}, cpu_share=0.4),
        ),
    )
    assert (found.answered, found.requests) == (100, 104)
    assert found.latencies.percentile_ms(95) == pytest.approx(9, rel=0.001)
    assert dict(found.failures) == {"timed out": 3, "reset": 1}
    assert dict(found.statuses) == {"200": 90}
    assert (found.throughput_per_s, found.cpu_share) == (10, 0.4)
    assert found.broken_reason == ""


def test_a_stored_result_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    stored = result([1, 2, 3], failures={"timed out": 1})
    path.write_text(stored.model_dump_json())
    assert LoadResult.read(path) == stored


def test_a_missing_result_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"^Locust ended and left no result$"):
        LoadResult.read(tmp_path / "result.json")


@pytest.mark.parametrize("left", [0.0, 0.1, 0.5, 0.99])
def test_a_result_that_is_cut_off_is_one_error(tmp_path: Path, left: float) -> None:
    path = tmp_path / "result.json"
    text = result([1, 2, 3]).model_dump_json()
    path.write_text(text[: int(len(text) * left)])
    with pytest.raises(LoadError, match=r"^the result of the load is damaged\n"):
        LoadResult.read(path)


def test_a_damaged_histogram_is_found_when_the_result_is_read(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(result([1, 2], lag="SElTVA==").model_dump_json())
    with pytest.raises(LoadError, match=r"^a histogram of latencies is damaged"):
        LoadResult.read(path)


def test_a_lost_process_breaks_the_result() -> None:
    found = LoadResult(generators=3, recordings=(recording([1]),))
    assert found.broken_reason == "2 of 3 processes of the generator were lost"


def test_an_error_of_the_locustfile_breaks_the_result() -> None:
    found = result([1], errors={"KeyError: 'x'": 3})
    assert found.broken_reason == "the locustfile raised an error: 3 x KeyError: 'x'"


def test_a_busy_generator_breaks_the_result() -> None:
    found = result([1], cpu_share=0.95)
    assert found.broken_reason == "the generator used 95% of its processor: give it more"
    assert result([1], cpu_share=0.89).broken_reason == ""


def test_a_late_generator_breaks_the_result() -> None:
    lag = histogram([30.0]).encode()
    assert result([100], lag=lag).broken_reason == (
        "the generator could not keep its schedule: it was 30.0 ms late itself, "
        "with latencies of 100.0 ms (99th percentiles)"
    )
    assert result([400], lag=lag).broken_reason == ""
    assert result([1], lag=histogram([24]).encode()).broken_reason == ""


def test_a_generator_whose_requests_are_all_refused_is_not_broken() -> None:
    found = result(failures={"Connection refused": 9000}, cpu_share=1.0)
    assert found.broken_reason == ""
