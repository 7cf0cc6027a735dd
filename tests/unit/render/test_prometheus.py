"""The metrics of a run, read back as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client import parser

from tests.unit.render.example import example_run
from tests.unit.render.test_page import HOSTILE, hostile_run
from upgradeproof.render.formats.prometheus import write
from upgradeproof.render.metrics import METRICS, exposition
from upgradeproof.results import Cell, Check, Run, Verdict

OF_CELL = {
    "product": "lighthouse",
    "platform": "debian-12-amd64.container",
    "upgrade": "lighthouse-1.2.8-to-1.3.0",
}
LOAD = OF_CELL | {"state": "upgraded", "load": "visitors"}
RATIO = OF_CELL | {"load": "visitors", "target": "p99_ratio"}
LANE = OF_CELL | {"state": "upgraded", "endpoint": "site", "connection": "kept"}


def samples(run: Run) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return each sample's value by its labels and the name of its metric, without the prefix."""
    found = {}
    for family in parser.text_string_to_metric_families(exposition(run)):
        assert family.type == "gauge"
        for sample in family.samples:
            key = (sample.name.removeprefix("upgradeproof_"), frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


EXAMPLE = samples(example_run())


def value(name: str, labels: Mapping[str, str]) -> float | None:
    return EXAMPLE.get((name, frozenset(labels.items())))


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("run_info", {"run_id": "2026-03-12-rc2-b7f1", "version": "0.1.0"}, 1),
        ("run_started_timestamp_seconds", {}, 1773306842.118),
        ("run_finished_timestamp_seconds", {}, 1773309767.5),
        ("run_verdict", {"verdict": "failed"}, 1),
        ("run_verdict", {"verdict": "passed"}, 0),
        ("cells", {"verdict": "passed"}, 9),
        ("cells_left_out", {}, 2),
        ("cell_verdict", OF_CELL | {"verdict": "failed"}, 1),
        ("cell_verdict", OF_CELL | {"verdict": "never_ran"}, 0),
        ("checks", OF_CELL | {"verdict": "failed"}, 2),
        ("state_duration_seconds", OF_CELL | {"state": "upgraded"}, 61.4),
        ("load_measured", LOAD, 1),
        ("load_measured", LOAD | {"load": "customers"}, 0),
        ("load_requests", LOAD, 6000),
        ("load_failed_requests", LOAD, 7),
        ("load_throughput_per_second", LOAD, 5993 / 30),
        ("load_latency_seconds", LOAD | {"percentile": "50"}, 0.0091),
        ("load_latency_seconds", LOAD | {"percentile": "99"}, 0.0178),
        ("load_latency_seconds", LOAD | {"load": "customers", "percentile": "99"}, None),
        ("load_cost_ratio", RATIO, 1.42),
        ("load_cost_ratio_low", RATIO, 1.33),
        ("load_cost_ratio_high", RATIO, 1.49),
        ("load_cost_ratio_budget", RATIO, 1.25),
        ("load_cost_outcome", RATIO | {"outcome": "worse"}, 1),
        ("load_cost_outcome", RATIO | {"outcome": "within"}, 0),
        ("load_cost_ratio", RATIO | {"load": "customers", "target": "throughput_ratio"}, None),
        ("availability_measured", OF_CELL | {"state": "upgraded", "endpoint": "site"}, 1),
        ("availability_measured", OF_CELL | {"state": "upgraded", "endpoint": "admin"}, 0),
        ("availability_ratio", LANE, 1 - 67 / 1120),
        ("availability_requests", LANE, 1120),
        ("availability_failed_requests", LANE, 63),
        ("availability_late_requests", LANE, 4),
        ("availability_latency_seconds", LANE | {"percentile": "100"}, 1.84),
        ("downtime_longest_seconds", LANE, 3.2),
        ("downtime_total_seconds", LANE, 3.2),
        ("health_index", OF_CELL, 65),
        ("health_known_ratio", OF_CELL, 0.9),
    ],
)
def test_a_figure_of_the_run_is_a_sample(
    name: str, labels: dict[str, str], expected: float | None
) -> None:
    assert value(name, labels) == (None if expected is None else pytest.approx(expected))


def test_the_example_has_every_metric_with_its_labels() -> None:
    found: dict[str, set[str]] = {}
    for name, labels in EXAMPLE:
        found.setdefault(name, set()).update(key for key, _ in labels)
    assert found == {name: set(labels) for name, (_, labels) in METRICS.items()}


@pytest.mark.parametrize("name", METRICS)
def test_names_follow_the_conventions_of_prometheus(name: str) -> None:
    """Names have base units, and no suffix of a counter or a histogram."""
    assert not name.endswith(("_ms", "_milliseconds", "_percent", "_total", "_count", "_bucket"))


def test_exactly_one_verdict_of_a_run_and_of_each_cell_is_true() -> None:
    whole = [v for (name, _), v in EXAMPLE.items() if name == "run_verdict"]
    of_cells = [v for (name, _), v in EXAMPLE.items() if name == "cell_verdict"]
    assert (sum(whole), len(whole)) == (1, len(Verdict))
    assert (sum(of_cells), len(of_cells)) == (16, 16 * len(Verdict))


def test_hostile_text_stays_inside_its_label() -> None:
    found = samples(hostile_run())
    assert (
        found[
            "cell_verdict",
            frozenset(
                {
                    "product": HOSTILE,
                    "platform": HOSTILE,
                    "upgrade": HOSTILE,
                    "verdict": "failed",
                }.items()
            ),
        ]
        == 1
    )
    names = {name for name, _ in found}
    assert names <= set(METRICS)


@pytest.mark.parametrize("text", ['"} 1\nevil{a="', "back\\slash", "line\r\nbreak", "\udcff"])
def test_a_line_break_in_a_label_is_escaped(text: str) -> None:
    check = Check(id="a", verdict=Verdict.PASSED)
    cell = Cell(id="c", platform=text, upgrade="u", product="p", checks=(check,))
    run = Run(run_id="r", started_at="", finished_at="", upgradeproof="0.1.0", cells=(cell,))
    platforms = {dict(labels).get("platform") for _, labels in samples(run)}
    assert platforms <= {None, text, "?"}
    assert len(platforms) == 2


def test_an_interrupted_run_has_no_end_time() -> None:
    names = {name for name, _ in samples(example_run().model_copy(update={"finished_at": None}))}
    assert "run_finished_timestamp_seconds" not in names
    assert "run_started_timestamp_seconds" in names


def test_nothing_of_this_process_is_exported(tmp_path: Path) -> None:
    path = write(example_run(), tmp_path)
    assert path == tmp_path / "metrics.prom"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not line.startswith("upgradeproof_")] == []
