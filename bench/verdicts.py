"""How reliable verdicts on two releases are: ten with an equal one, ten with a slower one."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping

from bench.result import Result
from tests.load.servers import FRONT_PAGE, Behaviour, serving
from upgradeproof.home import Home
from upgradeproof.load import Aim, LoadResult, judge_pairs, send, take_turns, unstrained
from upgradeproof.load.comparison import Side
from upgradeproof.plan import Endpoint, Load

COMPARISONS = 10
ROUNDS = 20_000
"""The work for one answer: about ten milliseconds of a processor."""
SLOWER = 1.3
LOAD = Load.model_validate(
    {
        "id": "bench",
        "locustfile": "front_page.py",
        "endpoint": "page",
        "model": "closed",
        "users": 2,
        "warm_up_s": 0.5,
        "duration_s": 2,
        "target": {"throughput_ratio": 0.85},
    }
)
PAGE = Endpoint(id="page", kind="http", port=80)


def measure(home: Home) -> Iterator[Result]:
    """Compare servers that work for their answers, so that this host's drift is in the figures."""
    del home
    with (
        serving(_working(1)) as old,
        serving(_working(1)) as same,
        serving(_working(SLOWER)) as slower,
    ):
        counts = _outcomes(old, same)
        yield _mistakes("a release with itself, called worse", counts["worse"], counts)
        counts = _outcomes(old, slower)
        missed = COMPARISONS - counts["worse"]
        yield _mistakes(
            f"one with another {SLOWER} times as slow, not called worse", missed, counts
        )


def _working(times: float) -> Behaviour:
    def answer(_: int) -> int:
        hashlib.pbkdf2_hmac("sha256", b"work", b"for an answer", int(ROUNDS * times))
        return 200

    return answer


def _outcomes(old: int, new: int) -> Counter[str]:
    ports: Mapping[Side, int] = {"old": old, "new": new}

    def run(side: Side) -> LoadResult:
        aim = Aim(endpoint=PAGE, port=ports[side])
        return unstrained(lambda: send(LOAD, aim, FRONT_PAGE))

    counts: Counter[str] = Counter()
    for _ in range(COMPARISONS):
        (found,) = judge_pairs(LOAD, take_turns(run, LOAD))
        counts[found.measured.outcome] += 1
    return counts


def _mistakes(name: str, count: int, counts: Counter[str]) -> Result:
    return Result(
        name=f"{COMPARISONS} comparisons of {name}",
        ours=", ".join(f"{many} {outcome}" for outcome, many in sorted(counts.items())),
        other="-",
        value=count,
        unit=f"of {COMPARISONS}",
        target="0",
        met=count == 0,
        samples={},
    )
