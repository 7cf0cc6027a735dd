"""The checks under load pass if both releases answer equally, and fail if one is worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from suites import test_load as suite
from tests.unit.load.results import result
from tests.unit.runner.test_under_load import loaded
from tests.unit.runner.world import World
from upgradeproof.load import Aim, LoadResult
from upgradeproof.plan import Load
from upgradeproof.runner import Runner, UnderLoad

OLD_PORT, NEW_PORT = 30080, 30081
FAST, SLOW = result([10] * 100), result([20] * 100)
REFUSED = result([10] * 100, failures={"Connection refused": 100})
STATES = ("installed", "upgraded", "rolled_back")


class Releases:
    """A sender of loads with prepared results for each release, by its port."""

    def __init__(self, results: Mapping[int, LoadResult]) -> None:
        self._results = results

    def __call__(self, load: Load, aim: Aim, locustfile: Path) -> LoadResult:
        return self._results[aim.port]


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    plan = loaded(tmp_path, rollback="echo 1.0 >packages/thing", p99_ms=15, p99_ratio=1.5)
    with World(tmp_path) as world:
        world.backend.forwards.update({80: OLD_PORT, 81: NEW_PORT})
        with world.runner(plan) as runner:
            yield runner


def run(check: Any, runner: Runner, old: LoadResult, new: LoadResult) -> None:
    names = check.__code__.co_varnames[: check.__code__.co_argcount]
    with UnderLoad(runner, Releases({OLD_PORT: old, NEW_PORT: new})) as under_load:
        values = {
            name: runner.reach(name)
            if name in STATES
            else under_load
            if name == "under_load"
            else runner.cell.expect.load[0]
            for name in names
        }
        check(**values)


@pytest.mark.parametrize(
    ("check", "old", "new", "words"),
    [
        (suite.test_old_release_answers, REFUSED, FAST, "success: "),
        (suite.test_new_release_answers, FAST, REFUSED, "success: "),
        (suite.test_new_release_keeps_its_latency, FAST, SLOW, "p99_ms: "),
        (suite.test_new_release_is_as_fast_as_the_old, FAST, SLOW, "p99_ratio: "),
        (suite.test_old_release_answers_after_the_rollback, REFUSED, FAST, "success: "),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_one_worse_release_fails_one_check(
    runner: Runner, check: Any, old: LoadResult, new: LoadResult, words: str
) -> None:
    run(check, runner, FAST, FAST)
    with pytest.raises(AssertionError) as caught:
        run(check, runner, old, new)
    assert str(caught.value).startswith(words)
