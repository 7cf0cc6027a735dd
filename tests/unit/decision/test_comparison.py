"""A comparison of runs: what changed in each check, and statistics over earlier runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.decision.runs import CELL, OTHER, cell, check, failed, run
from upgradeproof.decision.comparison import Baseline, Kind, compare, kind_of
from upgradeproof.decision.history import opened
from upgradeproof.decision.measures import measures
from upgradeproof.decision.significance import counted
from upgradeproof.decision.statistics import fisher, wilson
from upgradeproof.errors import HarnessError, PlanError
from upgradeproof.results import Change, PlanFile, RatioMeasured, Run, State, Verdict

PASSED, FAILED, NOT_APPLICABLE, BROKEN, NEVER_RAN = (
    *(Verdict.PASSED, Verdict.FAILED, Verdict.NOT_APPLICABLE, Verdict.BROKEN, Verdict.NEVER_RAN),
)


def baseline(*cells: object, waived: tuple[tuple[str, str], ...] = (), **more: object) -> Baseline:
    return Baseline(run=run(*cells, **({"run_id": "old"} | more)), waived=waived)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (PASSED, PASSED, None),
        (PASSED, FAILED, Kind.REGRESSED),
        (NEVER_RAN, FAILED, Kind.REGRESSED),
        (PASSED, NOT_APPLICABLE, Kind.PROOF_LOST),
        (PASSED, NEVER_RAN, Kind.PROOF_LOST),
        (FAILED, BROKEN, Kind.PROOF_LOST),
        (FAILED, FAILED, Kind.STILL_FAILING),
        (FAILED, PASSED, Kind.FIXED),
        (NOT_APPLICABLE, PASSED, Kind.PROOF_GAINED),
        (NOT_APPLICABLE, NEVER_RAN, None),
        (None, PASSED, Kind.NEW),
        (None, FAILED, Kind.NEW),
        (PASSED, None, Kind.GONE),
    ],
)
def test_each_pair_of_verdicts_has_its_kind(
    before: Verdict | None, after: Verdict | None, kind: Kind | None
) -> None:
    assert kind_of(before, after, waived=False) is kind


def test_a_waived_failure_is_no_regression() -> None:
    assert kind_of(PASSED, FAILED, waived=True) is Kind.WAIVED
    assert kind_of(PASSED, PASSED, waived=True) is None


def test_a_line_names_cell_check_and_both_verdicts() -> None:
    (line,) = compare([baseline(cell(check("a")))], run(cell(failed("a")))).lines
    assert str(line) == f"regressed: {CELL} a: passed -> failed"


def test_a_waived_failure_never_becomes_the_baseline() -> None:
    waived = baseline(
        cell(check("a"), failed()),
        waived=((CELL, "ports::open"),),
        started_at="2025-12-02T00:00:00+00:00",
    )
    older = baseline(cell(check("a"), check("ports::open")), started_at="2025-12-01T00:00:00+00:00")
    now = run(cell(check("a"), failed()))
    (line,) = compare([waived, older], now).lines
    assert (line.kind, line.before) == (Kind.REGRESSED, PASSED)
    (alone,) = compare([waived], now).lines
    assert (alone.kind, alone.before) == (Kind.NEW, None)


def test_cells_of_one_run_alone_are_listed() -> None:
    found = compare(
        [baseline(cell(check("a")), cell(check("a"), name=OTHER))],
        run(cell(check("a")), cell(check("a"), name=f"{CELL}-to-3")),
    )
    assert (found.new_cells, found.gone_cells) == ((f"{CELL}-to-3",), (OTHER,))


def test_a_cell_of_the_next_release_is_compared_with_the_similar_cell() -> None:
    old = cell(check("a"), check("b"), name="debian-12-amd64.vm.thing-1-to-2")
    new = cell(check("a"), failed("b"), name="debian-12-amd64.vm.thing-2-to-3")
    found = compare([baseline(old)], run(new))
    assert found.pairs == ((new.id, old.id),)
    assert [str(line) for line in found.lines] == [f"regressed: {new.id} b: passed -> failed"]
    assert (found.new_cells, found.gone_cells) == ((), ())


def test_a_cell_that_resembles_two_cells_is_new() -> None:
    old = cell(check("a"), name="debian-12-amd64.vm.thing-1-to-2")
    new = [cell(check("a"), name=f"debian-12-amd64.vm.thing-{n}-to-3") for n in (1, 2)]
    same = cell(check("a"))
    found = compare([baseline(old, same)], run(*new, same))
    assert (found.pairs, found.gone_cells) == ((), (old.id,))
    assert found.new_cells == tuple(each.id for each in new)


def test_runs_of_different_plans_are_an_error() -> None:
    with pytest.raises(PlanError, match="old and new are of different plans"):
        compare([baseline(cell(check("a"), name=OTHER))], run(cell(check("a"))))


def test_a_plan_that_changed_is_named() -> None:
    plans = (PlanFile(product="thing", path="upgrade.toml", sha256="b" * 64),)
    assert compare([baseline(plans=plans)], run()).plans_changed == ("thing",)


def test_new_changes_of_the_upgrade_are_listed() -> None:
    def upgraded(*changes: tuple[str, str]) -> tuple[State, ...]:
        made = (
            Change(path=path, before="1", after=after, expected=True) for path, after in changes
        )
        return (State(name="upgraded", verdict=PASSED, changes=tuple(made)),)

    old = cell(check("a"), states=upgraded(("packages/x/version", "2"), ("ports/a", "b")))
    new = cell(check("a"), states=upgraded(("packages/x/version", "3"), ("ports/a", "b")))
    found = compare([baseline(old)], run(new))
    assert [str(change) for _, change in found.brought] == ["packages/x/version: 1 -> 3"]
    assert [str(change) for _, change in found.dropped] == ["packages/x/version: 1 -> 2"]


def ratio(low: float, high: float) -> RatioMeasured:
    return RatioMeasured(
        load="api", target="p99_ratio", budget=1.2, pairs=(), ratio=(low + high) / 2,
        low=low, high=high, outcome="within", reason="",
    )  # fmt: skip


def test_measurements_are_compared_by_their_intervals() -> None:
    found = [
        next(measures(cell(ratios=(ratio(0.9, 1.1),)), cell(ratios=(ratio(*interval),))))
        for interval in ((1.0, 1.2), (1.2, 1.4))
    ]
    assert [each.differs for each in found] == [False, True]
    assert [each.worse for each in found] == [False, True]
    assert str(found[0]) == (
        f"{CELL} p99_ratio of api: 1 x [0.9, 1.1] -> 1.1 x [1, 1.2] (no difference shown)"
    )


@pytest.mark.parametrize(
    ("passed", "failed_runs", "p"),
    [
        ((1, 0), (0, 1), 1.0),
        ((6, 0), (0, 6), 2 / 924),
        ((3, 1), (1, 3), 34 / 70),
        ((10, 3), (2, 15), 0.0005367241),
        ((0, 0), (0, 3), 1.0),
    ],
)
def test_fishers_exact_test(
    passed: tuple[int, int], failed_runs: tuple[int, int], p: float
) -> None:
    assert fisher(passed, failed_runs) == pytest.approx(p, rel=1e-4)


def test_the_interval_of_a_share() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(95, 100)
    assert (round(low, 4), round(high, 4)) == (0.8882, 0.9785)
    assert wilson(10, 10)[1] == pytest.approx(1.0)


def versions(number: int, key: str, verdict: Verdict, day: int) -> Run:
    states = (State(name="upgraded", key=key, verdict=PASSED),)
    made = cell(check("a"), check("flaky", verdict), states=states)
    return run(made, run_id=f"{key}-{number}", started_at=f"2026-01-{day:02}T00:00:00+00:00")


def history_of(path: Path, count: int) -> tuple[Run, Run]:
    old = [versions(n, "old", PASSED, 1) for n in range(count)]
    new = [versions(n, "new", FAILED if n else PASSED, 2) for n in range(count)]
    with opened(path, create=True) as history:
        for each in (*old, *new):
            assert history.add(each, each.model_dump_json().encode(), ())
            assert not history.add(each, each.model_dump_json().encode(), ())
    return old[0], new[0]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (5, []),
        (6, [f"{CELL} flaky: failed in 0 of 6 runs -> 5 of 6, p = 0.015 (different)"]),
    ],
)
def test_statistics_begin_with_six_runs_a_side(
    tmp_path: Path, count: int, expected: list[str]
) -> None:
    old, new = history_of(tmp_path / "history.sqlite", count)
    with opened(tmp_path / "history.sqlite") as history:
        assert [str(each) for each in counted(history, old, new)] == expected


def test_a_history_lists_runs_and_flaky_checks(tmp_path: Path) -> None:
    history_of(tmp_path / "history.sqlite", 3)
    with opened(tmp_path / "history.sqlite") as history:
        assert [(past.run, past.failed) for past in history.runs()][-2:] == [
            ("new-1", 1),
            ("new-2", 1),
        ]
        (flaky,) = history.flaky()
        assert (flaky.check, flaky.passed, flaky.failed) == ("flaky", 1, 2)


def test_a_history_shows_trends(tmp_path: Path) -> None:
    with opened(tmp_path / "history.sqlite", create=True) as history:
        for day in range(1, 13):
            states = (State(name="upgraded", verdict=PASSED, duration_s=day),)
            made = run(
                cell(check("a"), states=states),
                run_id=str(day),
                started_at=f"2026-01-{day:02}T00:00:00+00:00",
            )
            history.add(made, str(day).encode(), ())
        assert [str(trend) for trend in history.trends("* duration of *")] == [
            f"{CELL} duration of upgraded: ... 3 -> 4 -> 5 -> 6 -> 7 -> 8 -> 9 -> 10 -> 11 -> 12 s"
        ]
        assert list(history.trends("*p99*")) == []


def test_a_missing_or_invalid_history_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="there is no history"), opened(tmp_path / "a"):
        pass
    (tmp_path / "b").write_text("no database, and long enough to have a header of its own")
    with pytest.raises(HarnessError, match="can't be read as a history"), opened(tmp_path / "b"):
        pass
