"""What a load measures: a real Locust, and a real server with known behaviour."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.load.servers import FRONT_PAGE, aim, at_once, load, serving, stalling
from upgradeproof.load import send

PERIOD_S, STALL_S = 1.2, 0.6


def test_the_closed_model_hides_a_stall_and_the_open_model_does_not() -> None:
    """Half of all requests arrive during a stall, and wait until it ends.

    So 1 % wait longer than the stall without 1 % of the period. A user who sends a request only
    after the last answer waits once in each stall, so that a long answer seems to be rare.
    """
    truth_ms = 1000 * (STALL_S - 0.01 * PERIOD_S)
    with serving(stalling(PERIOD_S, STALL_S)) as port:
        times = {"warm_up_s": 1, "duration_s": 3 * PERIOD_S}
        arriving = load(model="open", users=80, rate_per_s=100, **times)
        opened = send(arriving, aim(port), FRONT_PAGE)
        closed = send(load(**times), aim(port), FRONT_PAGE)
    assert opened.requests == opened.answered == 360
    assert opened.latencies.percentile_ms(99) == pytest.approx(truth_ms, rel=0.1)
    assert closed.latencies.percentile_ms(99) < truth_ms / 3


def test_arrivals_while_every_user_is_busy_count_from_when_they_were_due() -> None:
    """One user, 50 ms for an answer, 40 requests per second: half of them stay in the queue."""

    def slow(_: int) -> int:
        time.sleep(0.05)
        return 200

    with serving(slow) as port:
        times = {"warm_up_s": 0.1, "duration_s": 1}
        found = send(load(model="open", rate_per_s=40, **times), aim(port), FRONT_PAGE)
    assert found.requests == 40
    assert found.latencies.max_ms > 800
    assert found.latencies.percentile_ms(50) > 350


def test_several_processes_send_one_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with serving(at_once) as port:
        arriving = load(model="open", users=4, rate_per_s=50, processes=2, duration_s=1)
        found = send(arriving, aim(port), FRONT_PAGE)
    assert (found.generators, len(found.recordings)) == (2, 2)
    assert found.requests == found.answered == 50
    assert dict(found.statuses) == {"200": 50}


def test_a_load_never_leaves_this_host(tmp_path: Path) -> None:
    """Even a request to another name ends at the published port of 127.0.0.1."""
    users = tmp_path / "pages.py"
    users.write_text(
        FRONT_PAGE.read_text().replace('get("/")', 'get(self.host.replace("localhost", "x.test"))')
    )
    with serving(at_once) as port:
        found = send(load(), aim(port), users)
    assert found.answered == found.requests > 0
