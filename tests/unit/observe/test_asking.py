"""Real clients query listening ports over real sockets; a port that answers is an endpoint."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.observe.facts import facts
from tests.unit.observe.facts import socket as listening
from tests.unit.observe.machines import AnsweringMachine
from upgradeproof.daemons import Greeting
from upgradeproof.observe.asking import Asking, names_of
from upgradeproof.observe.writing import Entry, Noted

Answer = Callable[[socket.socket], None]
LOOPBACK = "127.0.0.1"


@contextmanager
def serving(answer: Answer) -> Iterator[int]:
    """Serve connections, each with one answer, until the context ends."""
    with socket.create_server((LOOPBACK, 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        answer(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def asking(tmp_path: Path, port: int) -> Asking:
    """Return the client of a port that listens only on the loopback address of the machine."""
    found = facts(sockets={f"tcp/{LOOPBACK}:{port}": listening(port, "thingd", "t", LOOPBACK)})
    return Asking(machine=AnsweringMachine(tmp_path, {}), facts=found, port=port, id="thing")


def sends(text: bytes) -> Answer:
    return lambda connection: connection.sendall(text)


def echoes(connection: socket.socket) -> None:
    connection.sendall(b"ERROR " + connection.recv(1024))


def plain(table: Entry | None, port: int) -> dict[str, Any]:
    """Return the keys of an endpoint that a plan contains, without its port."""
    assert table is not None
    assert table.keys["port"] == port
    left = {key: it for key, it in table.keys.items() if it != "" and key != "port"}
    return {key: it.value if isinstance(it, Noted) else it for key, it in left.items()}


@pytest.mark.parametrize(
    ("banner", "keys", "source"),
    [
        (b"+OK thing ready\r\n", {"contains": "+OK"}, "its greeting:  +OK thing ready"),
        (b"220 a file server\r\n", {"contains": "220"}, "its greeting:  220 a file server"),
        (b"\x4a\0\0\0\x0a10.11.4-Thing\0", {}, "its greeting:  J 10.11.4-Thing"),
        (b"Thing-1.2 hello\n", {}, "its greeting:  Thing-1.2 hello"),
    ],
)
def test_a_server_that_greets_is_expected_to_send_the_word_without_a_version(
    tmp_path: Path, banner: bytes, keys: dict[str, str], source: str
) -> None:
    with serving(sends(banner)) as port:
        found = asking(tmp_path, port).tcp()
    assert plain(found, port) == {"id": "thing", "kind": "tcp", **keys}
    assert found is not None
    assert found.source == source


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(403)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"no")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name in the base class
        pass


def test_an_http_server_is_expected_to_answer_with_the_same_status(tmp_path: Path) -> None:
    with HTTPServer((LOOPBACK, 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_port
        found = asking(tmp_path, port).tcp()
        server.shutdown()
    assert plain(found, port) == {"id": "thing", "kind": "http", "status": 403}


def test_a_server_that_answers_an_empty_line_is_sent_an_empty_line(tmp_path: Path) -> None:
    with serving(echoes) as port:
        found = asking(tmp_path, port).tcp()
    assert plain(found, port) == {"id": "thing", "kind": "tcp", "send": "\r\n"}


def test_a_known_daemon_is_sent_what_its_client_sends(tmp_path: Path) -> None:
    wrong, right = (
        Greeting(send="x", contains="never"),
        Greeting(send="PING", contains="ERROR PING"),
    )
    with serving(echoes) as port:
        found = asking(tmp_path, port).tcp((wrong, right))
    assert plain(found, port) == {
        "id": "thing",
        "kind": "tcp",
        "send": "PING",
        "contains": "ERROR PING",
    }


def test_a_server_without_an_answer_is_no_endpoint(tmp_path: Path) -> None:
    with serving(lambda connection: connection.close()) as port:
        assert asking(tmp_path, port).tcp() is None


def certificate() -> str:
    """Return a certificate that has three names."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "common.test")])
    names = x509.SubjectAlternativeName([x509.DNSName("a.test"), x509.DNSName("b.test")])
    builder = x509.CertificateBuilder(issuer_name=name, subject_name=name)
    signed = (
        builder.public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def test_the_names_of_a_certificate_are_those_that_a_client_may_use() -> None:
    assert list(names_of(certificate())) == ["a.test", "b.test", "common.test"]


def test_a_certificate_of_an_unknown_version_has_no_names() -> None:
    encoded = ssl.PEM_cert_to_DER_cert(certificate())
    unknown = encoded.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    assert not list(names_of(ssl.DER_cert_to_PEM_cert(unknown)))
