"""Any number of journals in any order are folded into a run, never with a better verdict."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.unit.results.events import (
    CELL,
    CONTROLLER,
    FINDING,
    OTHER,
    RATIO,
    RELEASE,
    WORKER,
    at,
    begun,
    check,
    declared,
    ended,
    failed,
    finished,
    measured,
    placed,
    reached,
    started,
    step,
)
from upgradeproof.errors import HarnessError
from upgradeproof.results import (
    ArchiveSnapshot,
    ImageFile,
    PackageUnderTest,
    Run,
    Verdict,
    fold,
)
from upgradeproof.results import journal as j

WHOLE = [*CONTROLLER, *WORKER]


def verdicts(run: Run) -> dict[str, Verdict]:
    return {check.id: check.verdict for check in run.cells[0].checks}


def comparable(run: Run) -> str:
    """Return a run as text; the order of its cells and checks is that of their declaration."""
    cells = [
        cell.model_copy(update={"checks": tuple(sorted(cell.checks, key=lambda c: c.id))})
        for cell in sorted(run.cells, key=lambda c: c.id)
    ]
    return run.model_copy(update={"cells": tuple(cells)}).model_dump_json()


def test_a_whole_run_is_green() -> None:
    run = fold(WHOLE)
    assert (run.verdict, run.green) == (Verdict.PASSED, True)
    assert verdicts(run) == {"a": Verdict.PASSED, "b": Verdict.PASSED}


def test_a_run_has_its_times_of_begin_and_end() -> None:
    run = fold(WHOLE)
    assert (run.run_id, run.started_at, run.finished_at) == ("run1", at(0), at(59))
    assert (run.upgradeproof, run.host) == ("0.1.0", {"system": "linux"})


def test_states_come_in_their_order_with_their_steps() -> None:
    first, second = fold(WHOLE).cells[0].states
    assert (first.name, first.key, first.verdict) == ("installed", "key-installed", Verdict.PASSED)
    assert [(s.title, s.exit_status, s.duration_s) for s in first.steps] == [
        ("install", 0, 1.0),
        ("configure", 0, 1.0),
    ]
    assert (second.name, second.duration_s, second.facts) == (
        "upgraded",
        9.0,
        "evidence/upgraded/facts.json",
    )


def test_the_fold_does_not_depend_on_the_order_of_the_journals() -> None:
    late: list[j.Event] = [begun(3), finished("c"), check("c")]
    journals = [CONTROLLER, WORKER[:6], WORKER[6:], late]
    runs = [fold([e for journal in order for e in journal]) for order in permutations(journals)]
    assert {comparable(run) for run in runs} == {comparable(runs[0])}


def test_the_fold_does_not_change_its_input() -> None:
    before = [event.model_dump_json() for event in WHOLE]
    fold(WHOLE)
    assert [event.model_dump_json() for event in WHOLE] == before


def test_the_events_may_come_from_a_generator() -> None:
    assert fold(event for event in WHOLE) == fold(WHOLE)


def test_a_declared_check_without_a_result_never_ran() -> None:
    run = fold([event for event in WHOLE if event != finished("b", second=22)])
    assert verdicts(run) == {"a": Verdict.PASSED, "b": Verdict.NEVER_RAN}
    assert not run.green


def test_a_run_that_never_ended_is_never_green() -> None:
    run = fold([event for event in WHOLE if event != ended()])
    assert (run.finished_at, run.verdict) == (None, Verdict.NEVER_RAN)
    assert set(verdicts(run).values()) == {Verdict.PASSED}


def test_a_run_with_a_killed_part_is_never_green() -> None:
    killed: list[j.Event] = [begun(run_id="shard2"), declared(OTHER), check("a", cell=OTHER)]
    other: list[j.Event] = [*killed, finished("a", cell=OTHER)]
    for part in (killed[:1], other):
        run = fold([*WHOLE, *part])
        assert (run.finished_at, run.green) == (None, False)
    both = fold([*WHOLE, *other, ended(58, run_id="shard2")])
    assert (both.finished_at, both.green) == (at(59), True)


@pytest.mark.parametrize("count", range(1, len(WORKER)))
def test_a_run_killed_at_any_moment_is_never_green(count: int) -> None:
    run = fold([*CONTROLLER[:-1], *WORKER[:count]])
    assert run.verdict is Verdict.NEVER_RAN


@pytest.mark.parametrize("count", range(1, len(WORKER)))
def test_a_worker_killed_at_any_moment_is_never_green(count: int) -> None:
    assert not fold([*CONTROLLER, *WORKER[:count]]).green


def test_a_state_that_was_begun_and_not_reached_is_broken() -> None:
    run = fold([*CONTROLLER[:-1], *WORKER[:4]])
    (state,) = run.cells[0].states
    assert (state.verdict, state.reason) == (
        Verdict.NEVER_RAN,
        "the run ended before this state was reached",
    )
    assert [(s.title, s.exit_status, s.duration_s) for s in state.steps] == [
        ("install", None, None)
    ]


def test_a_state_that_failed_fails_its_cell_though_no_check_did() -> None:
    run = fold([*CONTROLLER, started("upgraded", 1), failed("upgraded", 2), finished("a")])
    (state,) = run.cells[0].states
    assert (state.verdict, state.reason, state.duration_s) == (Verdict.FAILED, "why", 2.0)
    assert run.verdict is Verdict.FAILED


def test_a_reused_state_keeps_the_steps_of_the_time_it_was_built() -> None:
    """The journal has the original times of the steps, which are before the state's begin."""
    again: list[j.Event] = [started("upgraded", 40), *step("upgraded", "upgrade", 1)]
    run = fold([begun(), declared(), *again, reached("upgraded", 41, reused=True)])
    (state,) = run.cells[0].states
    assert (state.reused, state.started_at) == (True, at(40))
    assert [s.title for s in state.steps] == ["upgrade"]


def test_no_result_is_lost_if_the_clock_was_set_back() -> None:
    begins, ends = step("upgraded", "upgrade", 30)
    early = ends.model_copy(update={"at": at(2)})
    run = fold([begun(), declared(), started("upgraded", 1), begins, early])
    assert [s.title for s in run.cells[0].states[0].steps] == ["upgrade"]


@pytest.mark.parametrize(
    "order", list(permutations([Verdict.FAILED, Verdict.BROKEN, Verdict.PASSED]))
)
def test_of_several_verdicts_on_one_check_the_worst_counts(order: tuple[Verdict, ...]) -> None:
    events = [finished("a", verdict, second) for second, verdict in enumerate(order)]
    (check,) = fold([begun(), declared(), *events]).cells[0].checks
    assert (check.verdict, check.reason) == (Verdict.FAILED, "why failed")


def test_the_controller_determines_the_verdict_of_a_check_whose_worker_died() -> None:
    run = fold([*CONTROLLER, *WORKER[:-1], finished("b", Verdict.BROKEN)])
    assert verdicts(run)["b"] is Verdict.BROKEN


def test_cells_that_were_not_selected_do_not_count() -> None:
    run = fold(WHOLE)
    left_out = run.cells[1]
    assert (left_out.id, left_out.selected, left_out.reason) == (OTHER, False, "deselected")
    assert left_out.verdict is Verdict.NEVER_RAN
    assert run.green


def test_a_selected_cell_without_a_check_is_not_green() -> None:
    assert not fold([*WHOLE, declared("c.container.thing-1-to-2")]).green


def test_a_run_without_a_cell_is_not_green() -> None:
    assert fold([begun(), ended()]).verdict is Verdict.NEVER_RAN


def test_a_cell_that_one_of_two_shards_selected_is_selected() -> None:
    shards: list[list[j.Event]] = [
        [begun(), declared(OTHER, selected=False)],
        [begun(), declared(OTHER), placed(OTHER)],
    ]
    for first, second in permutations(shards):
        (cell,) = fold([*first, *second]).cells
        assert (cell.selected, cell.reason) == (True, "")
        assert cell.fidelity is not None


def test_one_part_that_was_not_fresh_makes_the_run_not_fresh() -> None:
    assert fold([begun(fresh=True), begun(1, fresh=True)]).fresh
    assert not fold([begun(fresh=True), begun(1, fresh=False)]).fresh


def test_events_of_an_undeclared_cell_are_ignored() -> None:
    assert fold([begun(), finished("a", cell="unknown")]).cells == ()


@pytest.mark.parametrize("events", [[], [declared(), finished("a"), ended()]])
def test_without_the_begin_of_a_run_there_is_an_error(events: list[j.Event]) -> None:
    with pytest.raises(HarnessError) as caught:
        fold(events)
    assert str(caught.value) == (
        "no journal of a run was found\n"
        "To do: run pytest first, or name the folder that holds journal/*.jsonl"
    )


def test_cells_are_in_the_order_of_their_declaration() -> None:
    assert [cell.id for cell in fold(WHOLE).cells] == [CELL, OTHER]


def test_findings_belong_to_the_target_state() -> None:
    installed, upgraded = fold(WHOLE).cells[0].states
    assert (installed.findings, upgraded.findings) == ((), (FINDING,))


def test_findings_of_a_state_that_was_not_reached_are_stored() -> None:
    at_the_preflight = next(i for i, e in enumerate(WORKER) if isinstance(e, j.PreflightDone))
    run = fold([*CONTROLLER, *WORKER[: at_the_preflight + 1], failed("upgraded", 12)])
    state = run.cells[0].states[1]
    assert (state.verdict, state.findings) == (Verdict.FAILED, (FINDING,))


def test_a_release_that_several_shards_declare_is_listed_once() -> None:
    assert fold([*WHOLE, *CONTROLLER]).releases == (RELEASE,)


def test_a_cell_contains_its_measurements() -> None:
    before, after = (measured(state=state) for state in ("installed", "upgraded"))
    again = measured(state="upgraded", requests=7)
    sent = [j.LoadSent(cell=CELL, measured=m) for m in (before, after, again)]
    compared = j.ReleasesCompared(cell=CELL, ratio=RATIO)
    cell = fold([*WHOLE, *sent, compared]).cells[0]
    assert (cell.loads, cell.ratios) == ((before, again), (RATIO,))
    assert fold(WHOLE).cells[0].loads == ()


def test_a_state_has_its_inputs() -> None:
    image = ImageFile(reference="example-1", sha256="1" * 64)
    package = PackageUnderTest(name="thing", version="2", architecture="all", sha256="2" * 64)
    archive = ArchiveSnapshot(name="x_InRelease", sha256="3" * 64)
    base = reached("base", 2).model_copy(update={"image": image})
    upgraded = reached("upgraded", 20).model_copy(
        update={"packages": (package,), "archives": (archive,)}
    )
    states = fold([*CONTROLLER, *WORKER, base, upgraded]).cells[0].states
    assert states[0].image == image
    assert (states[-1].packages, states[-1].archives) == ((package,), (archive,))
