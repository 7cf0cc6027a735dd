"""Two releases run alternately, in as many pairs as the verdict needs in spite of noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.load.results import result
from upgradeproof.load import LoadResult, Pair, judge_pairs, take_turns
from upgradeproof.load.comparison import Side
from upgradeproof.plan import Load, Target
from upgradeproof.results import Verdict

WIDE = [40.0, 250.0, 300.0, 60.0, 200.0, 90.0, 45.0, 280.0, 220.0, 50.0, 310.0, 70.0]


def load(**target: Any) -> Load:
    return Load(
        id="visitors",
        locustfile="visitors.py",
        endpoint="shop",
        model="closed",
        users=1,
        duration_s=1,
        target=Target.model_validate(target),
    )


def runs(old: Iterator[float], new: Iterator[float]) -> Callable[[Side], LoadResult]:
    """Return a function that runs a load on releases with these latencies, in milliseconds."""
    return lambda side: result([next(old if side == "old" else new)] * 100)


def always(latency_ms: float) -> Iterator[float]:
    while True:
        yield latency_ms


def test_releases_alternate() -> None:
    asked: list[Side] = []

    def run(side: Side) -> LoadResult:
        asked.append(side)
        return result([100])

    take_turns(run, load(p99_ratio=1.25))
    assert asked == ["old", "new", "new", "old"] * 3


def test_equal_releases_pass_after_the_fewest_pairs() -> None:
    asked = load(p99_ratio=1.25, throughput_ratio=0.9)
    pairs = take_turns(runs(always(100), always(101)), asked)
    assert len(pairs) == asked.target.min_repeats
    first, second = judge_pairs(asked, pairs)
    assert (first.target, first.verdict) == ("p99_ratio", Verdict.PASSED)
    assert first.reason == (
        "the 99th percentile of the latencies is 1.01 (1.01 to 1.01, 6 pairs) times the old one's, "
        "1.25 are allowed"
    )
    assert (second.target, second.verdict) == ("throughput_ratio", Verdict.PASSED)


def test_a_slower_release_fails() -> None:
    asked = load(p99_ratio=1.25)
    pairs = take_turns(runs(always(100), always(130)), asked)
    assert [j.verdict for j in judge_pairs(asked, pairs)] == [Verdict.FAILED]


def test_a_release_that_answers_less_fails() -> None:
    asked = load(throughput_ratio=0.8)
    pairs = [Pair(old=result([1] * 100), new=result([1] * 75))] * 6
    (found,) = judge_pairs(asked, pairs)
    assert found.verdict is Verdict.FAILED
    assert "time for each answer is 1.33 (1.33 to 1.33, 6 pairs)" in found.reason
    enough = [Pair(old=result([1] * 100), new=result([1] * 85))] * 6
    assert [j.verdict for j in judge_pairs(asked, enough)] == [Verdict.PASSED]


def test_noise_requires_more_pairs_and_never_passes() -> None:
    asked = load(p99_ratio=1.25, max_repeats=10)
    pairs = take_turns(runs(always(100), iter(WIDE)), asked)
    assert len(pairs) == 10
    (found,) = judge_pairs(asked, pairs)
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert found.reason.startswith("the noise is too wide to decide: ")


@pytest.mark.parametrize(
    ("old", "new", "verdict", "reason"),
    [
        ({}, {"failures": {"reset": 9}}, Verdict.FAILED, "the new release: not one request was"),
        ({}, {}, Verdict.FAILED, "the new release: no request was made"),
        ({"failures": {"reset": 9}}, {}, Verdict.BROKEN, "the old release, which is compared with"),
    ],
)
def test_a_release_that_answers_nothing_ends_the_comparison(
    old: dict[str, Any], new: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    asked = load(p99_ratio=1.25, throughput_ratio=0.9)
    answered = {"old": () if old else (100,), "new": ()}
    pairs = take_turns(
        lambda side: result(answered[side], **(old if side == "old" else new)), asked
    )
    assert len(pairs) == 1
    found = judge_pairs(asked, pairs)
    assert [j.target for j in found] == ["p99_ratio", "throughput_ratio"]
    assert {j.verdict for j in found} == {verdict}
    assert all(j.reason.startswith(reason) for j in found)


def test_a_generator_that_failed_breaks_the_comparison() -> None:
    busy = result([100], cpu_share=1.0)
    (found,) = judge_pairs(load(p99_ratio=1.25), [Pair(old=result([100]), new=busy)])
    assert found.verdict is Verdict.BROKEN
    assert found.reason == (
        "the new release: the generator used 100% of its processor: give it more"
    )


def test_without_a_ratio_one_pair_is_enough() -> None:
    pairs = take_turns(runs(always(100), always(500)), load(p99_ms=250))
    assert len(pairs) == 1
    assert judge_pairs(load(p99_ms=250), pairs) == ()
