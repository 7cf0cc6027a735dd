"""What the prober sees of servers whose truth is known; and that it fails and ends as it should."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.load.outages import Service
from tests.load.servers import at_once, certified, serving, stalling
from upgradeproof.errors import LoadError
from upgradeproof.plan import Disruption, Endpoint
from upgradeproof.prober import (
    Orders,
    Prober,
    Question,
    Recording,
    availability,
    over_budget,
    unknown,
)
from upgradeproof.results import Availability
from upgradeproof.results.load import Lane

RATE_PER_S, LATE_MS = 50, 200
EXACT_S = 0.06
"""Twenty milliseconds between two requests, and what a busy host adds to both ends."""
ORPHANED = """
import sys, time
from pathlib import Path
from tests.load.test_prober import asking, question
with asking(question(Path(sys.argv[1]), int(sys.argv[2]))) as prober:
    print(prober.pid, flush=True)
    time.sleep(60)
"""


def question(folder: Path, *ports: int, certificate: str = "", **endpoint: Any) -> Question:
    return Question(
        endpoint=Endpoint.model_validate({"id": "site", "kind": "http", "port": 1} | endpoint),
        ports=ports,
        certificate=certificate,
        rate_per_s=RATE_PER_S,
        late_ms=LATE_MS,
        recording=str(folder / "requests.json"),
    )


def asking(asked: Question, **others: Any) -> Prober:
    """Return a prober that does not wait long for what is down on purpose."""
    return Prober(Orders(questions=(asked,), **{"warm_up_s": 0.3, "linger_s": 0.3, **others}))


def probe(asked: Question, meanwhile: Callable[[], object]) -> tuple[Recording, Availability]:
    """Ask while something is done; return what was recorded, and what that says."""
    with asking(asked) as prober:
        meanwhile()
        (recording,) = prober.end()
    disruption = Disruption(endpoint="site", late_ms=LATE_MS, longest_ms=0, total_ms=0)
    return recording, availability(disruption, "upgraded", recording, ())


def a_while(seconds: float = 1.0) -> Callable[[], None]:
    return lambda: time.sleep(seconds)


def assert_nothing_was_lost(lane: Lane, lasted_s: float) -> None:
    assert lane.requests == pytest.approx(RATE_PER_S * lasted_s, abs=2)


def test_a_stall_of_known_length_is_a_downtime_of_that_length(tmp_path: Path) -> None:
    """What was due in a stall, but for its last 200 ms, waits for longer than that."""
    period_s, stall_s = 1.5, 0.7
    with serving(stalling(period_s, stall_s)) as port:
        recording, seen = probe(question(tmp_path, port), a_while(4))
    assert seen.problem == ""
    for lane in seen.lanes:
        assert_nothing_was_lost(lane, seen.duration_s)
        whole = [d for d in lane.downtimes if 0.5 < d.began_s < seen.duration_s - 1]
        assert len(whole) >= 1
        for downtime in whole:
            into_s = (recording.began_at + downtime.began_s) % period_s
            assert min(into_s, period_s - into_s) < EXACT_S
            assert downtime.lasted_ms == pytest.approx(1000 * stall_s - LATE_MS, abs=1000 * EXACT_S)


@pytest.mark.parametrize("kind", ["http", "tcp"])
def test_a_service_that_goes_down_and_comes_back_was_down_for_that_time(
    tmp_path: Path, kind: str
) -> None:
    was: list[float] = []

    def go_down_and_come_back() -> None:
        time.sleep(0.5)
        service.down()
        was.append(time.monotonic())
        time.sleep(0.6)
        was.append(time.monotonic())
        service.up()
        time.sleep(0.5)

    with Service() as service:
        asked = question(tmp_path, service.port, kind=kind, send="PING\r\n")
        recording, seen = probe(asked, go_down_and_come_back)
    down_s, up_s = (moment - recording.began_at for moment in was)
    for lane in seen.lanes:
        assert_nothing_was_lost(lane, seen.duration_s)
        longest = max(lane.downtimes, key=lambda downtime: downtime.lasted_ms)
        assert longest.began_s == pytest.approx(down_s, abs=EXACT_S)
        assert longest.lasted_ms == pytest.approx(1000 * (up_s - down_s), abs=1000 * EXACT_S)
        assert longest.reason == "Connection refused"


@pytest.mark.parametrize("kind", ["http", "tcp"])
def test_connections_that_are_reset_fail_those_alone_that_were_kept(
    tmp_path: Path, kind: str
) -> None:
    with Service(most=20) as service:
        _, seen = probe(question(tmp_path, service.port, kind=kind, send="PING\r\n"), a_while(2))
    kept, new = seen.lanes
    assert new.failed == 0
    assert kept.failed >= 3


def test_a_connection_whose_end_was_announced_is_opened_again(tmp_path: Path) -> None:
    with serving(at_once, closes=True) as port:
        _, seen = probe(question(tmp_path, port), a_while())
    assert [lane.failed for lane in seen.lanes] == [0, 0]


def test_a_status_that_the_plan_does_not_say_is_no_answer(tmp_path: Path) -> None:
    with serving(lambda _: 503) as port:
        _, seen = probe(question(tmp_path, port), a_while(0.5))
    assert [d.reason for lane in seen.lanes for d in lane.downtimes] == ["status 503"] * 2
    assert [lane.share for lane in seen.lanes] == [0, 0]


def test_a_text_that_the_answer_lacks_is_no_answer(tmp_path: Path) -> None:
    with serving(at_once) as port:
        _, seen = probe(question(tmp_path, port, gives="welcome"), a_while(0.5))
    assert seen.lanes[0].downtimes[0].reason == "not the answer that the plan says"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return certified(tmp_path_factory.mktemp("tls"))


def test_tls_is_trusted_by_the_certificate_that_the_endpoint_names(
    tmp_path: Path, server: ssl.SSLContext
) -> None:
    with serving(at_once, tls=server) as port:
        signed_by = ssl.get_server_certificate(("127.0.0.1", port))
        asked = question(tmp_path, port, kind="https", certificate=signed_by)
        _, seen = probe(asked, a_while())
    assert [lane.failed for lane in seen.lanes] == [0, 0]


def test_tls_that_nobody_signed_is_no_answer(tmp_path: Path, server: ssl.SSLContext) -> None:
    with serving(at_once, tls=server) as port:
        _, seen = probe(question(tmp_path, port, kind="https"), a_while(0.5))
    assert [d.reason for lane in seen.lanes for d in lane.downtimes] == [
        "TLS: self-signed certificate"
    ] * 2


def test_a_certificate_of_another_name_is_no_answer(tmp_path: Path, server: ssl.SSLContext) -> None:
    with serving(at_once, tls=server) as port:
        signed_by = ssl.get_server_certificate(("127.0.0.1", port))
        other = question(tmp_path, port, kind="https", certificate=signed_by, host="shop.example")
        _, seen = probe(other, a_while(0.5))
    assert all("Hostname mismatch" in d.reason for lane in seen.lanes for d in lane.downtimes)
    assert [lane.share for lane in seen.lanes] == [0, 0]


def test_a_target_that_is_not_there_is_down_from_the_beginning_to_the_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    _, seen = probe(question(tmp_path, port), a_while(0.5))
    assert seen.problem == ""
    for lane in seen.lanes:
        (only,) = lane.downtimes
        assert only.reason == "Connection refused"
        assert only.lasted_ms == pytest.approx(1000 * seen.duration_s, abs=1000 * EXACT_S)


def test_what_is_never_answered_is_counted_from_when_it_was_due(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _, seen = probe(question(tmp_path, silent.getsockname()[1]), a_while(0.5))
    for lane in seen.lanes:
        assert_nothing_was_lost(lane, seen.duration_s)
        assert lane.failed == lane.requests
        assert lane.downtimes[0].reason == "no answer within 0.4 s"


def test_a_port_that_moves_as_the_plan_says_is_followed(tmp_path: Path) -> None:
    with Service() as old, Service() as new:
        new.down()
        gap_s: list[float] = []

        def move() -> None:
            time.sleep(0.5)
            old.down()
            began = time.monotonic()
            new.up()
            gap_s.append(time.monotonic() - began)
            time.sleep(0.5)

        _, seen = probe(question(tmp_path, old.port, new.port), move)
        old.up()
    for lane in seen.lanes:
        assert lane.total_downtime_ms <= 1000 * (gap_s[0] + EXACT_S)


def test_a_prober_that_is_kept_from_its_work_blames_nobody_else(tmp_path: Path) -> None:
    with serving(at_once) as port, asking(question(tmp_path, port)) as prober:
        time.sleep(0.3)
        os.kill(prober.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(prober.pid, signal.SIGCONT)
        time.sleep(0.3)
        (recording,) = prober.end()
    disruption = Disruption(endpoint="site", late_ms=LATE_MS, longest_ms=100, total_ms=100)
    seen = availability(disruption, "upgraded", recording, ())
    assert over_budget(disruption, seen) == ""
    assert unknown(disruption, seen).startswith("the prober could not keep its schedule")


def test_a_prober_that_is_killed_is_one_error(tmp_path: Path) -> None:
    with serving(at_once) as port, asking(question(tmp_path, port)) as prober:
        os.kill(prober.pid, signal.SIGKILL)
        with pytest.raises(LoadError, match=r"^the prober failed with exit status -9$"):
            prober.end()


def test_a_prober_ends_when_its_time_is_over(tmp_path: Path) -> None:
    with (
        serving(at_once) as port,
        asking(question(tmp_path, port), longest_s=0.5) as prober,
    ):
        assert _gone(prober.pid, within_s=15)
        (recording,) = prober.end()
    assert (recording.told, len(recording.samples)) == (False, 50)


def test_a_prober_without_its_libraries_is_one_error(tmp_path: Path) -> None:
    """``-S`` leaves out the folder of what is installed."""
    bare = (sys.executable, "-S")
    with (
        pytest.raises(LoadError, match=r"^the prober failed with exit status 1\n.*gevent"),
        Prober(Orders(questions=(question(tmp_path, 1),)), python=bare),
    ):
        pass


def test_a_python_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    with (
        pytest.raises(LoadError, match=r"^the prober can't be started: No such file"),
        Prober(Orders(questions=(question(tmp_path, 1),)), python=("/no/python",)),
    ):
        pass


def test_a_prober_ends_with_its_engine_and_loses_nothing(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    with serving(at_once) as port:
        engine = subprocess.Popen(
            [sys.executable, "-c", ORPHANED, str(tmp_path), str(port)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": root},
        )
        assert engine.stdout is not None
        with engine.stdout:
            pid = int(engine.stdout.readline())
        time.sleep(0.5)
        engine.kill()
        engine.wait()
        assert _gone(pid, within_s=15)
    recording = Recording.read(tmp_path / "requests.json")
    assert recording.told
    assert len(recording.samples) > 2 * RATE_PER_S * 0.4


def _gone(pid: int, *, within_s: float) -> bool:
    """Wait until a process has ended; one that nobody waited for has, too."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
