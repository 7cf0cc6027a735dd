"""Run a prober on small servers, and return what it recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from upgradeproof.plan import Disruption, Endpoint
from upgradeproof.prober import (
    Orders,
    Prober,
    Question,
    Recording,
    availability,
)
from upgradeproof.results import Availability
from upgradeproof.results.load import ConnectionAvailability

RATE_PER_S, LATE_MS = 100, 200
EXACT_S = 0.06
"""Twenty milliseconds between two requests, and the delay that a busy host adds at both ends."""


def question(folder: Path, *ports: int, certificate: str = "", **endpoint: Any) -> Question:
    return Question(
        endpoint=Endpoint.model_validate({"id": "site", "kind": "http", "port": 1} | endpoint),
        ports=ports,
        certificate=certificate,
        rate_per_s=RATE_PER_S,
        answer_timeout_ms=LATE_MS,
        recording=str(folder / "requests.json"),
    )


@contextmanager
def asking(asked: Question, **others: Any) -> Iterator[Prober]:
    """Yield a prober that sends requests; it does not wait long for a server that is down."""
    with Prober() as prober:
        orders = {"warm_up_s": 0.3, "linger_s": 0.3, **others}
        prober.begin(Orders(questions=(asked,), **orders))
        yield prober


def probe(asked: Question, meanwhile: Callable[[], object]) -> tuple[Recording, Availability]:
    """Send requests while ``meanwhile`` runs; return the recording and the availability."""
    with asking(asked) as prober:
        meanwhile()
        (recording,) = prober.end()
    disruption = Disruption(
        endpoint="site", answer_timeout_ms=LATE_MS, max_downtime_ms=0, max_total_downtime_ms=0
    )
    return recording, availability(disruption, "upgraded", recording, ())


def a_while(seconds: float = 1.0) -> Callable[[], None]:
    return lambda: time.sleep(seconds)


def assert_nothing_was_lost(lane: ConnectionAvailability, lasted_s: float) -> None:
    assert lane.requests == pytest.approx(RATE_PER_S / 2 * lasted_s, abs=2)
