"""What the prober records of servers with known behaviour."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path

import pytest

from tests.load.outages import Service
from tests.load.probing import (
    EXACT_S,
    LATE_MS,
    a_while,
    assert_nothing_was_lost,
    probe,
    question,
)
from tests.load.servers import at_once, certified, serving, stalling
from upgradeproof.prober.budget import joined


def test_a_stall_of_known_length_is_a_downtime_of_that_length(tmp_path: Path) -> None:
    """A request that is due in a stall, except in its last 200 ms, waits for longer than that.

    On a busy host the answers after the stall are slow, so that one or two requests are late, too.
    """
    period_s, stall_s = 1.5, 0.7
    with serving(stalling(period_s, stall_s)) as port:
        recording, seen = probe(question(tmp_path, port), a_while(4))
    assert seen.problem == ""
    for lane in seen.connections:
        assert_nothing_was_lost(lane, seen.duration_s)
        found = [d for d in joined(lane.downtimes) if d.duration_ms > LATE_MS]
        whole = [d for d in found if 0.5 < d.began_s < seen.duration_s - 1]
        assert len(whole) >= 1
        for downtime in whole:
            into_s = (recording.began_at + downtime.began_s) % period_s
            assert min(into_s, period_s - into_s) < EXACT_S
            assert downtime.duration_ms == pytest.approx(
                1000 * stall_s - LATE_MS, abs=1000 * EXACT_S
            )


@pytest.mark.parametrize("kind", ["http", "tcp"])
def test_a_service_that_stops_and_starts_again_was_down_for_that_time(
    tmp_path: Path, kind: str
) -> None:
    was: list[float] = []

    def stop_and_start_again() -> None:
        time.sleep(0.5)
        service.down()
        was.append(time.monotonic())
        time.sleep(0.6)
        was.append(time.monotonic())
        service.up()
        time.sleep(0.5)

    with Service() as service:
        asked = question(tmp_path, service.port, kind=kind, send="PING\r\n")
        recording, seen = probe(asked, stop_and_start_again)
    down_s, up_s = (moment - recording.began_at for moment in was)
    for lane in seen.connections:
        assert_nothing_was_lost(lane, seen.duration_s)
        longest = max(joined(lane.downtimes), key=lambda downtime: downtime.duration_ms)
        assert longest.began_s == pytest.approx(down_s, abs=EXACT_S)
        assert longest.duration_ms == pytest.approx(1000 * (up_s - down_s), abs=1000 * EXACT_S)
        assert longest.reason == "Connection refused"


@pytest.mark.parametrize("kind", ["http", "tcp"])
def test_a_reset_fails_requests_on_persistent_connections_only(tmp_path: Path, kind: str) -> None:
    with Service(max_answers=20) as service:
        _, seen = probe(question(tmp_path, service.port, kind=kind, send="PING\r\n"), a_while(2))
    persistent, new = seen.connections
    assert new.failed == 0
    assert persistent.failed >= 3


def test_a_connection_whose_end_was_announced_is_opened_again(tmp_path: Path) -> None:
    with serving(at_once, closes=True) as port:
        _, seen = probe(question(tmp_path, port), a_while())
    assert [lane.failed for lane in seen.connections] == [0, 0]


def test_a_status_that_the_plan_does_not_expect_is_a_failure(tmp_path: Path) -> None:
    with serving(lambda _: 503) as port:
        _, seen = probe(question(tmp_path, port), a_while(0.5))
    assert [d.reason for lane in seen.connections for d in lane.downtimes] == ["status 503"] * 2
    assert [lane.share for lane in seen.connections] == [0, 0]


def test_an_answer_without_the_expected_text_is_a_failure(tmp_path: Path) -> None:
    with serving(at_once) as port:
        _, seen = probe(question(tmp_path, port, contains="welcome"), a_while(0.5))
    assert seen.connections[0].downtimes[0].reason == "not the answer that the plan expects"


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
    assert [lane.failed for lane in seen.connections] == [0, 0]


def test_a_self_signed_certificate_is_a_failure(tmp_path: Path, server: ssl.SSLContext) -> None:
    with serving(at_once, tls=server) as port:
        _, seen = probe(question(tmp_path, port, kind="https"), a_while(0.5))
    assert [d.reason for lane in seen.connections for d in lane.downtimes] == [
        "TLS: self-signed certificate"
    ] * 2


def test_a_certificate_of_another_name_is_a_failure(tmp_path: Path, server: ssl.SSLContext) -> None:
    with serving(at_once, tls=server) as port:
        signed_by = ssl.get_server_certificate(("127.0.0.1", port))
        other = question(tmp_path, port, kind="https", certificate=signed_by, host="shop.example")
        _, seen = probe(other, a_while(0.5))
    assert all("Hostname mismatch" in d.reason for lane in seen.connections for d in lane.downtimes)
    assert [lane.share for lane in seen.connections] == [0, 0]


def test_a_target_that_is_not_there_is_down_from_the_beginning_to_the_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    _, seen = probe(question(tmp_path, port), a_while(0.5))
    assert seen.problem == ""
    for lane in seen.connections:
        (only,) = lane.downtimes
        assert only.reason == "Connection refused"
        assert only.duration_ms == pytest.approx(1000 * seen.duration_s, abs=1000 * EXACT_S)


def test_a_request_without_an_answer_counts_from_when_it_was_due(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _, seen = probe(question(tmp_path, silent.getsockname()[1]), a_while(0.5))
    for lane in seen.connections:
        assert_nothing_was_lost(lane, seen.duration_s)
        assert lane.failed == lane.requests
        assert lane.downtimes[0].reason == "no answer within 0.4 s"


def test_the_prober_follows_a_port_that_moves_as_planned(tmp_path: Path) -> None:
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
    for lane in seen.connections:
        assert lane.total_downtime_ms <= 1000 * (gap_s[0] + EXACT_S)
