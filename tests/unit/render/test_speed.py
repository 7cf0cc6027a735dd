"""Speed and availability in the matrix and in the section of a cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.render import measured
from tests.unit.render.example import example_run
from tests.unit.render.reading import Page
from upgradeproof.render import speed, write_page
from upgradeproof.results import Availability, Cell, LoadMeasured, Run

SEEN, BROKEN = measured.availability()
BEFORE, AFTER, *_ = measured.loads()


def cell(**changes: Any) -> Cell:
    fields = {
        "id": "debian-12-amd64.container.thing-1-to-2",
        "platform": "debian-12-amd64.container",
        "upgrade": "thing-1-to-2",
        "product": "thing",
    }
    return Cell.model_validate(fields | changes)


def measures_of(found: Cell) -> dict[str, str]:
    return {measure.name: measure.value for measure in speed.measures(found)}


def load(name: str, state: str, **changes: Any) -> LoadMeasured:
    return BEFORE.model_copy(update={"load": name, "state": state, **changes})


def page(found: Cell, folder: Path) -> Page:
    run = Run(run_id="r", started_at="", finished_at="", upgradeproof="0.1.0", cells=(found,))
    return Page(write_page(run, folder).read_text(encoding="utf-8"))


def test_the_matrix_has_latency_before_and_after_downtime_and_health() -> None:
    failed = next(found for found in example_run().cells if found.ratios)
    assert measures_of(failed) == {
        "p99 visitors": "12.4 → 17.8 ms",
        "p99 customers": "6 ms → broken",
        "downtime": "at least 3.2 s",
        "health": "65 of 100",
    }


def test_a_cell_without_measurements_has_no_measures() -> None:
    assert measures_of(cell()) == {}
    assert speed.section(cell()) is None


@pytest.mark.parametrize(
    ("loads", "text"),
    [
        ((BEFORE, AFTER), "12.4 → 17.8 ms"),
        ((BEFORE, load("visitors", "upgraded", p99_ms=1230)), "12.4 ms → 1.23 s"),
        ((BEFORE, load("visitors", "upgraded", p99_ms=65_000)), "12.4 ms → 1 min 05 s"),
        (
            (
                load("visitors", "installed", p99_ms=65_000),
                load("visitors", "upgraded", p99_ms=125_000),
            ),
            "1 min 05 s → 2 min 05 s",
        ),
        (
            (
                load("visitors", "installed", p99_ms=1230),
                load("visitors", "upgraded", p99_ms=65_000),
            ),
            "1.23 s → 1 min 05 s",
        ),
        ((BEFORE,), "12.4 ms → ?"),
        (
            (load("visitors", "installed", answered=0), load("visitors", "upgraded", answered=0)),
            "no answer → no answer",
        ),
        ((BEFORE, load("visitors", "upgraded", answered=0)), "12.4 ms → no answer"),
        ((load("visitors", "installed", problem="too busy"), AFTER), "broken → 17.8 ms"),
    ],
)
def test_a_latency_that_is_not_known_is_no_number(
    loads: tuple[LoadMeasured, ...], text: str
) -> None:
    assert measures_of(cell(loads=loads))["p99 visitors"] == text


def test_loads_beyond_the_limit_are_counted() -> None:
    loads = [load(name, "installed") for name in ("a", "b", "c", "d")]
    assert measures_of(cell(loads=loads)) == {
        "p99 a": "12.4 ms → ?",
        "p99 b": "12.4 ms → ?",
        "loads": "2 more",
    }


def without_downtime(seen: Availability) -> Availability:
    lanes = [lane.model_copy(update={"downtimes": ()}) for lane in seen.connections]
    return seen.model_copy(update={"connections": tuple(lanes)})


def unasked(seen: Availability) -> Availability:
    lanes = [lane.model_copy(update={"requests": 0}) for lane in without_downtime(seen).connections]
    return seen.model_copy(update={"connections": tuple(lanes)})


@pytest.mark.parametrize(
    ("probed", "text"),
    [
        ((SEEN,), "3.2 s"),
        ((SEEN, BROKEN), "at least 3.2 s"),
        ((without_downtime(SEEN),), "none"),
        ((without_downtime(SEEN), BROKEN), "not known"),
        ((unasked(SEEN),), "not known"),
        ((BROKEN,), "not known"),
    ],
    ids=["seen", "one prober broke", "none", "none where it was seen", "not asked", "all broke"],
)
def test_no_downtime_is_stated_only_where_it_was_measured(
    probed: tuple[Availability, ...], text: str
) -> None:
    assert measures_of(cell(availability=probed))["downtime"] == text


def test_measurements_of_other_states_are_only_in_the_section() -> None:
    back = SEEN.model_copy(update={"state": "rolled_back"})
    assert measures_of(cell(availability=(back,))) == {}
    assert speed.section(cell(availability=(back,))) is not None


def test_the_section_has_the_figures_of_every_picture(tmp_path: Path) -> None:
    found = page(cell(loads=(BEFORE, AFTER), availability=(SEEN,)), tmp_path)
    figures = found.text("td")
    for figure in ("8.2 ms", "17.8 ms", "99.883 %", "94.017 %", "3.15 s", "41.0 s", "52.7 s"):
        assert figure in figures
    assert found.count("svg", role="img") == 2


def test_a_failed_generator_or_prober_is_described(tmp_path: Path) -> None:
    broken = AFTER.model_copy(update={"problem": "it used 97% of its processor"})
    found = page(cell(loads=(BEFORE, broken), availability=(BROKEN,)), tmp_path)
    assert [text for text in found.text("p") if "broke" in text and "product" in text] == [
        "The load visitors on upgraded broke, and nothing is known of the product: "
        + broken.problem,
        "The prober of admin during the transition to upgraded broke, "
        "and nothing is known of the product: " + BROKEN.problem,
    ]
    assert "broken: nothing is known" in found.text("td")


def test_every_outcome_of_a_comparison_is_described(tmp_path: Path) -> None:
    (worse, lost) = measured.ratios()
    compared = (
        worse.model_copy(update={"outcome": "within", "ratio": 1.0, "low": 0.9, "high": 1.1}),
        worse,
        worse.model_copy(update={"outcome": "cannot_tell"}),
        lost,
    )
    found = page(cell(ratios=compared), tmp_path)
    for text in ("1.42", "1.33 to 1.49", "1.25", "not known", "time for each answer"):
        assert text in found.text("td")
    verdicts = found.text("span")
    assert {words for _, words in speed.OUTCOMES.values()} <= set(verdicts)


def test_health_is_shown_with_its_formula_and_its_parts(tmp_path: Path) -> None:
    found = page(cell(availability=(SEEN,)), tmp_path)
    assert any(text.startswith("100 x the mean of the scores") for text in found.text("p"))
    assert found.text("b")[-1] == "38 of 100"
    assert ", from 30 % of what counts." in found.text("summary")


def test_a_missing_index_is_explained(tmp_path: Path) -> None:
    found = page(cell(availability=(BROKEN,)), tmp_path)
    assert "No health index: neither availability nor latency is known." in found.text("p")
