"""The check of URLs of the machine itself that the administrator's files name."""

from __future__ import annotations

import http.server
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from suites.test_local_urls import test_urls_in_the_administrators_files_are_answered as check
from tests.unit.suites.states import state
from upgradeproof.probes import Facts, ProbeInputs
from upgradeproof.probes.local_urls import LocalUrls, UrlAnswer
from upgradeproof.runner import State

URL = "http://127.0.0.1:9093/api/v1/alerts"


def having(status: int | None) -> State:
    answer = UrlAnswer(status=status, named_in="/usr/local/bin/alert:2")
    return replace(state(), facts=Facts({LocalUrls.section: {URL: answer}}))


@pytest.mark.parametrize(
    ("status", "words"), [(410, "is answered with status 410"), (None, "is not answered")]
)
def test_a_url_that_is_an_error_now_is_named_with_its_file(status: int | None, words: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check(having(200), having(status))
    assert str(caught.value).startswith(
        f"/usr/local/bin/alert:2 asks {URL}, which {words}; before the upgrade it was answered"
        " with status 200"
    )


def test_what_is_answered_or_never_was_is_no_failure() -> None:
    check(having(200), having(302))
    for status in (404, None):
        with pytest.raises(pytest.skip.Exception, match="no file names a URL"):
            check(having(status), having(None))


class Server(http.server.BaseHTTPRequestHandler):
    """Answer one path, and no other."""

    asked: list[str]

    def do_GET(self) -> None:  # the name that the library calls
        self.asked.append(self.path)
        self.send_response(200 if self.path == "/state" else 410)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


SCRIPT = """#!/bin/sh
# curl http://127.0.0.1:{port}/comment
curl -X POST "http://localhost:{port}/state" && wget -q http://127.0.0.1:{port}/old
curl http://localhost:{port}/a?b=1 http://localhost:{port}/cron/run http://localhost:{port}/$x
curl http://other.example:{port}/elsewhere
"""


def answers(folder: Path, **changed: str) -> dict[str, UrlAnswer]:
    """Run the script on a folder, with other texts in it."""
    places = "/etc /usr/local/bin /usr/local/sbin \\\n  /usr/local/lib /opt /srv /root/bin"
    script = LocalUrls.script(ProbeInputs())
    assert places in script
    script = script.replace(f"{places} /var/spool/cron/crontabs", str(folder))
    script = script.replace("/run/upgradeproof", f"{folder}/upgradeproof")
    for was, now in changed.items():
        assert was in script
        script = script.replace(was, now)
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, timeout=60, check=True)
    return LocalUrls.parse(done.stdout.decode(), ProbeInputs())


def test_only_urls_that_read_are_asked(tmp_path: Path) -> None:
    Server.asked = []
    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    (tmp_path / "script").write_text(SCRIPT.format(port=port), encoding="utf-8")
    found = answers(tmp_path)
    server.shutdown()
    server.server_close()
    place = f"{tmp_path}/script:3"
    assert found == {
        f"http://localhost:{port}/state": UrlAnswer(status=200, named_in=place),
        f"http://127.0.0.1:{port}/old": UrlAnswer(status=410, named_in=place),
    }
    assert sorted(Server.asked) == ["/old", "/state"]


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Answer each connection in a thread; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    peer, _ = server.accept()
                    with peer, suppress(OSError):
                        answer(peer)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def aborts(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def streams(peer: socket.socket) -> None:
    """Send a first line that has no end, and keep the connection."""
    peer.sendall(b"HTTP/1.1 200 ")
    peer.recv(4096)
    peer.recv(4096)


def test_a_server_that_aborts_or_never_ends_hides_no_other_answer(tmp_path: Path) -> None:
    with listening(aborts) as aborting, listening(streams) as streaming:
        urls = [f"http://127.0.0.1:{port}/" for port in (aborting, streaming)]
        (tmp_path / "script").write_text("\n".join(urls), encoding="utf-8")
        # The abort arrives before the request is sent.
        found = answers(tmp_path, **{"print $socket join": "sleep 1; print $socket join"})
    assert {url: answer.status for url, answer in found.items()} == dict(
        zip(urls, (None, 200), strict=True)
    )


def test_a_url_that_there_was_no_time_to_ask_has_no_record(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("curl http://127.0.0.1:9/a\n", encoding="utf-8")
    assert list(answers(tmp_path)) == ["http://127.0.0.1:9/a"]
    assert answers(tmp_path, **{"time + 60": "time - 1"}) == {}
