"""The health index: its parts, and the cells that have none."""

from __future__ import annotations

from typing import Any

import pytest

from upgradeproof.results import Cell, Change, LoadMeasured, State, Verdict
from upgradeproof.results.health import RULES, Health, health

LANE = {"connection": "new", "late": 0, "p50_ms": 1, "p99_ms": 2, "max_ms": 3}
EMPTY = {"column_s": 1, "columns": 0, "rows_ms": (), "spots": ()}


def load(state: str = "upgraded", p99_ms: float = 10.0, **changes: Any) -> LoadMeasured:
    fields = {
        "load": "pages",
        "state": state,
        "duration_s": 10,
        "requests": 1000,
        "answered": 1000,
        "throughput_per_s": 100,
        "p50_ms": 1,
        "p95_ms": 2,
        "p99_ms": p99_ms,
        "max_ms": 3 * p99_ms,
    }
    return LoadMeasured.model_validate(fields | changes)


def probed(requests: int, failed: int, **changes: Any) -> dict[str, Any]:
    fields = {
        "endpoint": "site",
        "state": "upgraded",
        "duration_s": 10,
        "rate_per_s": 10,
        "answer_timeout_ms": 500,
        "connections": [LANE | {"requests": requests, "failed": failed}],
        "steps": (),
        "heat": EMPTY,
    }
    return fields | changes


def ratio(value: float | None) -> dict[str, Any]:
    fields = {"load": "pages", "target": "p99_ratio", "budget": 1.25, "pairs": ()}
    return fields | {"ratio": value, "low": None, "high": None, "outcome": "within", "reason": ""}


def cell(**changes: Any) -> Cell:
    fields = {
        "id": "debian-12-amd64.vm.thing-1-to-2",
        "platform": "debian-12-amd64.vm",
        "upgrade": "thing-1-to-2",
        "product": "thing",
        "fidelity": {"kernel": "own", "execution": "kvm"},
        "states": (upgraded(),),
        "loads": (load("installed"), load("upgraded")),
        "availability": (probed(1000, 0),),
    }
    return Cell.model_validate(fields | changes)


def upgraded(*changes: tuple[str, str | None, str | None], expected: bool = False) -> State:
    return State(
        name="upgraded",
        verdict=Verdict.PASSED,
        changes=tuple(
            Change(path=path, before=before, after=after, expected=expected)
            for path, before, after in changes
        ),
    )


def of(found: Cell) -> Health:
    index = health(found)
    assert index is not None
    return index


def scores(found: Cell) -> dict[str, float | None]:
    return {part.name: part.score for part in of(found).parts}


def test_a_cell_without_problems_has_the_full_score() -> None:
    assert (of(cell()).index, of(cell()).known) == (100, 100)
    assert set(scores(cell()).values()) == {1.0}


def test_the_sum_of_the_weights_is_a_hundred() -> None:
    assert sum(weight for weight, _ in RULES.values()) == 100


def test_a_cell_without_requests_has_no_index() -> None:
    assert health(cell(loads=(), availability=())) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"loads": (load(problem="too busy"),), "availability": (probed(0, 0),)},
        {"loads": (), "availability": (probed(1000, 0, problem="too late"),)},
        {"loads": (load("installed"),), "availability": (probed(9, 0, state="rolled_back"),)},
    ],
    ids=["generator and empty lane", "prober", "other states"],
)
def test_without_a_measurement_there_is_no_index(changes: dict[str, Any]) -> None:
    assert health(cell(**changes)) is None


@pytest.mark.parametrize(
    ("failed", "score", "index"), [(0, 1.0, 100), (1, 0.99, 99), (50, 0.5, 85), (400, 0.0, 70)]
)
def test_availability_falls_with_lost_requests(failed: int, score: float, index: int) -> None:
    found = cell(availability=(probed(1000, failed),))
    assert scores(found)["availability"] == pytest.approx(score)
    assert of(found).index == index


def test_a_single_lost_request_reduces_the_index_below_a_hundred() -> None:
    assert of(cell(availability=(probed(1_000_000, 1),))).index == 99


def test_failed_requests_of_a_load_reduce_the_availability() -> None:
    found = cell(loads=(load("installed"), load("upgraded", answered=0)))
    assert scores(found)["availability"] == 0.0


@pytest.mark.parametrize(("p99_ms", "score"), [(8, 1.0), (10, 1.0), (15, 0.5), (20, 0.0), (90, 0)])
def test_latency_falls_as_the_99th_percentile_doubles(p99_ms: float, score: float) -> None:
    found = cell(loads=(load("installed"), load("upgraded", p99_ms)))
    assert scores(found)["latency"] == pytest.approx(score)


def test_the_worst_load_counts() -> None:
    others = (load("installed", load="other"), load("upgraded", 17.5, load="other"))
    found = cell(loads=(load("installed"), load("upgraded"), *others))
    assert scores(found)["latency"] == pytest.approx(0.25)


def test_a_comparison_of_alternating_runs_is_preferred_to_two_single_runs() -> None:
    found = cell(loads=(load("installed"), load("upgraded", 40)), ratios=(ratio(1.1),))
    assert scores(found)["latency"] == pytest.approx(0.9)
    found = cell(loads=(load("installed"), load("upgraded", 15)), ratios=(ratio(None),))
    assert scores(found)["latency"] == pytest.approx(0.5)


def test_a_load_without_answers_is_not_fast() -> None:
    silent = load("upgraded", 0, answered=0)
    assert scores(cell(loads=(load("installed"), silent)))["latency"] is None


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (("services/thing.service/active", "active", "failed"), "failed units"),
        (
            ("services/new.service", None, "enabled=enabled, active=failed, sub=failed"),
            "failed units",
        ),
        (("kernel_log/crash: BUG: unable to handle", None, "kind=crash"), "kernel"),
        (("journal/thing.service: it broke/badly", None, "unit=thing.service"), "journal"),
    ],
)
def test_an_unexpected_change_reduces_the_index(
    change: tuple[str, str | None, str], part: str
) -> None:
    assert scores(cell(states=(upgraded(change),)))[part] == 0.5
    assert scores(cell(states=(upgraded(change, expected=True),)))[part] == 1.0


@pytest.mark.parametrize(
    "change",
    [
        ("services/thing.service/active", "failed", "active"),
        ("services/thing.service/result", "success", "failed"),
        ("services/gone.service", "active=failed", None),
        ("packages/journal/version", "1", "2"),
    ],
)
def test_other_changes_do_not_affect_the_index(change: tuple[str, str | None, str | None]) -> None:
    assert of(cell(states=(upgraded(change),))).index == 100


def test_an_unknown_part_is_left_out_with_a_note() -> None:
    shared = {"kernel": "shared", "execution": "native"}
    found = of(cell(fidelity=shared, states=(), loads=()))
    assert {part.name: part.found for part in found.parts} == {
        "availability": "100 % succeeded in time: new connections to site",
        "latency": "no load was answered before and after the upgrade",
        "failed units": "upgraded was not reached: there are no facts",
        "kernel": "the machine has no kernel of its own",
        "journal": "upgraded was not reached: there are no facts",
    }
    assert (found.index, found.known) == (100, 30)
