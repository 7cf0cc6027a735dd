"""Loads on the states of a cell: each is sent once, and its result is stored for the report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.load.results import result
from tests.unit.runner.world import World, cell
from upgradeproof.errors import LoadError
from upgradeproof.load import Aim, LoadResult
from upgradeproof.plan import Cell, Load
from upgradeproof.results import Fidelity, Verdict
from upgradeproof.runner import Runner, UnderLoad

FAST, SLOW, BUSY = result([10] * 100), result([20] * 100), result([10] * 100, cpu_share=1.0)


class Sender:
    """Send nothing, and return the results in order, then the last one repeatedly."""

    def __init__(self, *results: LoadResult | LoadError) -> None:
        self._results = list(results)
        self.aims: list[Aim] = []

    def __call__(self, load: Load, aim: Aim, locustfile: Path) -> LoadResult:
        self.aims.append(aim)
        found = self._results.pop(0) if len(self._results) > 1 else self._results[0]
        if isinstance(found, LoadError):
            raise found
        return found


def loaded(folder: Path, *, rollback: str = "", **target: float) -> Cell:
    """Return a cell with one load, whose users are in its folder."""
    (folder / "users.py").touch()
    load = {"id": "visitors", "locustfile": "users.py", "endpoint": "page", "model": "closed"}
    times = {"users": 1, "duration_s": 1}
    expect = {
        "port": [{"port": 80, "change": "moved", "to": 81}],
        "endpoint": [{"id": "page", "kind": "http", "port": 80}],
        "load": [load | times | {"target": target}],
    }
    return cell(folder, rollback=rollback, expect=expect)


@pytest.fixture
def runner(world: World, tmp_path: Path) -> Iterator[Runner]:
    world.backend.forwards.update({80: 30080, 81: 30081})
    with world.runner(loaded(tmp_path, p99_ratio=1.5)) as runner:
        yield runner


def the_load(runner: Runner) -> Load:
    return runner.cell.expect.load[0]


def test_a_load_is_sent_once_to_each_state_on_the_port_that_it_has_there(runner: Runner) -> None:
    sender, states = Sender(FAST), [runner.reach(name) for name in ("installed", "upgraded")]
    with UnderLoad(runner, sender) as under_load:
        for state in (*states, *states):
            (judged,) = under_load.judge(the_load(runner), state)
            assert judged.verdict is Verdict.PASSED
    assert [aim.port for aim in sender.aims] == [30080, 30081]


def test_a_load_is_judged_by_the_fidelity_of_the_clone(world: World, tmp_path: Path) -> None:
    """A cached state may have been built on a host with KVM."""
    world.backend.forwards.update({80: 30080, 81: 30081})
    with world.runner(loaded(tmp_path, p99_ms=1)) as runner:
        state = runner.reach("upgraded")
        world.backend.fidelity = Fidelity(kernel="own", execution="tcg", boot="own")
        with UnderLoad(runner, Sender(SLOW)) as under_load:
            verdicts = [each.verdict for each in under_load.judge(the_load(runner), state)]
    assert state.fidelity.absolute_time
    assert verdicts == [Verdict.PASSED, Verdict.NOT_APPLICABLE]


def test_a_load_is_sent_to_a_clone_that_ends_after_it(world: World, runner: Runner) -> None:
    state = runner.reach("upgraded")
    with UnderLoad(runner, Sender(FAST)) as under_load:
        under_load.judge(the_load(runner), state)
        (clone,) = [m for m in world.backend.machines if m.name.endswith("upgraded-clone-2")]
        assert clone.disk.exists()
    assert not clone.disk.exists()


def test_the_result_of_a_load_is_recorded_and_stored(world: World, runner: Runner) -> None:
    state = runner.reach("upgraded")
    with UnderLoad(runner, Sender(FAST)) as under_load:
        under_load.judge(the_load(runner), state)
    (load,) = world.result().loads
    assert (load.load, load.state, load.requests, load.problem) == ("visitors", "upgraded", 100, "")
    evidence = world.folder / "reports" / load.evidence
    assert LoadResult.read(evidence) == FAST


def test_a_busy_generator_is_tried_again(runner: Runner) -> None:
    state, sender = runner.reach("upgraded"), Sender(BUSY, BUSY, FAST)
    with UnderLoad(runner, sender) as under_load:
        (judged,) = under_load.judge(the_load(runner), state)
    assert (judged.verdict, len(sender.aims)) == (Verdict.PASSED, 3)


def test_a_generator_that_is_always_busy_is_a_failure_of_the_harness(
    world: World, runner: Runner
) -> None:
    state, sender = runner.reach("upgraded"), Sender(BUSY)
    with UnderLoad(runner, sender) as under_load, pytest.raises(LoadError) as caught:
        under_load.judge(the_load(runner), state)
    assert str(caught.value).startswith("the generator used 100% of its processor")
    assert len(sender.aims) == 3
    assert [load.problem for load in world.result().loads] == [
        "the generator used 100% of its processor: give it more"
    ]


def test_a_failed_generator_is_not_retried(world: World, runner: Runner) -> None:
    state, sender = runner.reach("upgraded"), Sender(LoadError("Locust is not installed"))
    with UnderLoad(runner, sender) as under_load:
        for _ in range(2):
            with pytest.raises(LoadError, match="Locust is not installed"):
                under_load.judge(the_load(runner), state)
    assert len(sender.aims) == 1
    assert [load.problem for load in world.result().loads] == ["Locust is not installed"]


def test_two_releases_are_measured_alternately(world: World, runner: Runner) -> None:
    old, new = runner.reach("installed"), runner.reach("upgraded")
    sender = Sender(*[FAST, SLOW, SLOW, FAST] * 3)
    with UnderLoad(runner, sender) as under_load:
        (judged,) = under_load.compare(the_load(runner), old, new)
    assert judged.verdict is Verdict.FAILED
    assert [aim.port for aim in sender.aims] == [30080, 30081, 30081, 30080] * 3
    (ratio,) = world.result().ratios
    assert (ratio.outcome, len(ratio.pairs)) == ("worse", 6)
    (evidence,) = (world.folder / "reports").rglob("visitors-pairs.json")
    assert len(json.loads(evidence.read_text())) == 6
