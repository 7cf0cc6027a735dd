"""Endpoints are queried as by a client; an error of the service is an answer, no exception."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runner.fakes import IMAGE, FolderMachine
from upgradeproof.endpoints import Answer, ask, authority
from upgradeproof.errors import MachineError
from upgradeproof.machines import MachineSpec
from upgradeproof.plan import Endpoint
from upgradeproof.results import Fidelity

OUTSIDE = {"from": "outside"}
SPEC = MachineSpec(snapshot=IMAGE, name="thing-main-1", architecture="amd64")


class PublishingMachine(FolderMachine):
    """A machine whose port 80 is some port of this host."""

    def __init__(self, disk: Path, port: int) -> None:
        super().__init__(SPEC, disk, Fidelity(kernel="shared", execution="native"))
        self._port = port

    def published(self, port: int) -> int:
        return self._port if port == 80 else super().published(port)


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = 404 if self.path == "/missing" else 302 if self.path == "/moved" else 200
        body = f"{self.path} for {self.headers['Host']}".encode()
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name in the base class
        pass


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[PublishingMachine]:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield PublishingMachine(tmp_path, server.server_port)
        server.shutdown()
        thread.join()


def endpoint(kind: str, **keys: Any) -> Endpoint:
    return Endpoint.model_validate({"id": "a", "kind": kind, "port": 80, **keys})


def test_a_page_is_requested_by_path_and_host(web: PublishingMachine) -> None:
    wanted = endpoint("http", path="/a?b", host="edge.test", contains="/a?b for edge.test")
    answer = ask(web, wanted, 80)
    assert answer == Answer(status=200, body="/a?b for edge.test")
    assert answer.fits(wanted)


def test_another_status_is_an_answer(web: PublishingMachine) -> None:
    answer = ask(web, endpoint("http", path="/missing"), 80)
    assert answer.status == 404
    assert not answer.fits(endpoint("http"))
    assert answer.fits(endpoint("http", status=404))


def test_a_redirection_is_not_followed(web: PublishingMachine) -> None:
    assert ask(web, endpoint("http", path="/moved"), 80).status == 302


def test_a_missing_service_is_an_answer(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        machine = PublishingMachine(tmp_path, unused.getsockname()[1])
        for kind in ("http", "tcp"):
            answer = ask(machine, endpoint(kind), 80)
            assert "refused" in answer.problem
            assert not answer.fits(endpoint(kind))


def test_plain_text_on_a_tls_port_is_an_answer(web: PublishingMachine) -> None:
    assert ask(web, endpoint("https", **OUTSIDE), 80).problem.startswith("SSLError")


def test_a_tcp_service_is_read_until_it_sends_the_expected_text(tmp_path: Path) -> None:
    def answer(connection: socket.socket) -> None:
        assert connection.recv(100) == b"PING\r\n"
        connection.sendall(b"+PO")
        connection.sendall(b"NG\r\n")

    wanted = endpoint("tcp", send="PING\r\n", contains="+PONG")
    with serving(answer) as port:
        assert ask(PublishingMachine(tmp_path, port), wanted, 80).fits(wanted)


def test_a_tcp_service_that_sends_another_text_and_closes_is_an_answer(tmp_path: Path) -> None:
    with serving(lambda connection: connection.sendall(b"-ERR\r\n")) as port:
        answer = ask(PublishingMachine(tmp_path, port), endpoint("tcp", contains="+PONG"), 80)
    assert answer == Answer(body="-ERR\r\n")
    assert not answer.fits(endpoint("tcp", contains="+PONG"))


@pytest.mark.parametrize("send", ["", "PING\r\n"])
def test_a_connection_that_is_only_accepted_is_no_answer(tmp_path: Path, send: str) -> None:
    """The forwarder of ports accepts a connection even if no process listens on the machine."""
    with serving(lambda _: None) as port:
        answer = ask(PublishingMachine(tmp_path, port), endpoint("tcp", send=send), 80)
    assert answer.problem
    assert not answer.fits(endpoint("tcp", send=send))


def test_a_port_that_is_not_published_is_an_error_of_the_harness(web: PublishingMachine) -> None:
    with pytest.raises(MachineError):
        ask(web, endpoint("http"), 81)


def test_a_certificate_may_have_a_comment_of_any_letters(web: PublishingMachine) -> None:
    certificate = "Žižkov Root CA\n-----BEGIN CERTIFICATE-----\n"
    web.put(certificate.encode(), "/ca.crt")
    named = endpoint("https", ca="/ca.crt")
    assert authority(web, named) == certificate.replace("Ž", "").replace("ž", "")
    assert authority(web, endpoint("https")) == ""


@pytest.mark.parametrize("content", [b"\x30\x82\x01\x0a\x02", b"no certificate", "žádný".encode()])
def test_an_invalid_certificate_is_an_answer(web: PublishingMachine, content: bytes) -> None:
    web.put(content, "/ca.crt")
    assert ask(web, endpoint("https", ca="/ca.crt", **OUTSIDE), 80).problem.startswith("SSLError")
