"""The Grafana dashboard, compared with the metrics and labels that are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from upgradeproof.render.metrics import METRICS

DASHBOARD = json.loads(
    (Path(__file__).parents[3] / "docs/grafana/upgradeproof.json").read_text(encoding="utf-8")
)
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
SELECTOR = re.compile(r"upgradeproof_(\w+)(?:\{([^}]*)\})?")
OURS = {"Time", "__name__", "Value", "job", "instance"}
"""Columns of a table that are none of our labels."""

each_panel = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: str(panel["title"]))


def selectors(panel: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Yield each metric that a panel queries, and the labels by which it selects."""
    for target in panel["targets"]:
        for name, inside in SELECTOR.findall(target["expr"]):
            yield name, set(re.findall(r"(\w+)=", inside))


@each_panel
def test_a_panel_queries_existing_metrics_by_existing_labels(
    panel: dict[str, Any],
) -> None:
    asked = list(selectors(panel))
    assert asked
    assert {name: labels - set(METRICS[name][1]) for name, labels in asked} == {
        name: set() for name, _ in asked
    }


@each_panel
def test_a_panel_names_its_series_by_existing_labels(panel: dict[str, Any]) -> None:
    known = set.intersection(*(set(METRICS[name][1]) for name, _ in selectors(panel)))
    named = {
        label
        for target in panel["targets"]
        for label in re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))
    }
    for each in panel.get("transformations", []):
        options = each["options"]
        named |= {*options.get("excludeByName", ()), *options.get("indexByName", ())} - OURS
    assert named <= known


@each_panel
def test_a_panel_reads_from_the_selected_data_source(panel: dict[str, Any]) -> None:
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert {json.dumps(source) for source in sources} == {
        '{"type": "prometheus", "uid": "${datasource}"}'
    }
    asked = set(re.findall(r"\$\{?(\w+)", json.dumps(panel["targets"])))
    assert asked <= set(VARIABLES)


@pytest.mark.parametrize("name", ["product", "platform", "upgrade"])
def test_a_variable_offers_the_values_of_a_label(name: str) -> None:
    query = VARIABLES[name]["query"]["query"]
    match = re.fullmatch(r"label_values\(upgradeproof_(\w+), (\w+)\)", query)
    assert match is not None
    assert match.group(2) == name
    assert name in METRICS[match.group(1)][1]


def test_there_are_panels_for_verdicts_latency_downtime_health_and_ratios() -> None:
    asked = {name for panel in PANELS for name, _ in selectors(panel)}
    assert asked >= {
        "run_verdict",
        "cell_verdict",
        "load_latency_seconds",
        "downtime_longest_seconds",
        "health_index",
        "load_cost_ratio",
    }


def test_panels_do_not_overlap_and_have_unique_ids() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    boxes = [panel["gridPos"] for panel in PANELS]
    assert all(box["x"] + box["w"] <= 24 for box in boxes)
    for one, other in combinations(boxes, 2):
        horizontal = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        vertical = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert horizontal or vertical, (one, other)
