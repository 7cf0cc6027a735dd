"""The reference of what a run writes is complete: run.json, metrics, the health index."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from tests.unit.test_docs import DOCS, REFERENCE, blocks, rows, section_of, words
from upgradeproof import results
from upgradeproof.render.metrics import METRICS
from upgradeproof.results import Cell, Change, Check, Fidelity, Finding, Run, State, Step
from upgradeproof.results.health import MAX_LOST, RULES
from upgradeproof.results.load import (
    Availability,
    ConnectionAvailability,
    Downtime,
    HeatMap,
    HeatSpot,
    LatencyPoint,
    LoadMeasured,
    RatioMeasured,
    StepMark,
)

RUN_MODELS: dict[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        *(Run, results.CachedStates, Cell, Check, State, Step, Change, Finding, Fidelity),
        *(results.Release, results.Component, results.RejectedPart),
        *(results.CaptureFidelity, results.SectionFidelity),
        *(results.ImageFile, results.PackageUnderTest, results.ArchiveSnapshot),
        *(
            LoadMeasured,
            LatencyPoint,
            RatioMeasured,
            Availability,
            ConnectionAvailability,
            Downtime,
        ),
        *(StepMark, HeatMap, HeatSpot),
    )
}


@pytest.mark.parametrize(("heading", "model"), RUN_MODELS.items())
def test_reference_of_run_json_is_complete(heading: str, model: type[BaseModel]) -> None:
    assert set(rows("run-json.md", heading)) == {
        *model.model_fields,
        *model.model_computed_fields,
    }


@pytest.mark.parametrize(("heading", "model"), RUN_MODELS.items())
def test_reference_of_run_json_names_every_word_that_a_key_takes(
    heading: str, model: type[BaseModel]
) -> None:
    table = rows("run-json.md", heading)
    missing = {
        word
        for name, field in model.model_fields.items()
        for word in words(field.annotation)
        if f"`{word}`" not in " ".join(table[name])
    }
    assert missing == set()


def test_reference_of_the_metrics_is_complete() -> None:
    assert {
        name: re.findall(r"`(\w+)`", row[2]) for name, row in rows("metrics.md", "Metrics").items()
    } == {f"upgradeproof_{name}": list(labels) for name, (_, labels) in METRICS.items()}


def test_the_health_index_is_explained_with_its_weights() -> None:
    text = section_of(DOCS / "explanation/load.md", "The health index")
    assert re.findall(r"^\| ([a-z ]+) \| (\d+) \| (.+) \|$", text, re.MULTILINE) == [
        (name, str(weight), rule) for name, (weight, rule) in RULES.items()
    ]
    assert MAX_LOST == 0.1, "the rule of availability states one in ten"


def test_example_of_run_json_is_a_run() -> None:
    (example,) = blocks(REFERENCE / "run-json.md", "json")
    assert Run.model_validate_json(example).green
