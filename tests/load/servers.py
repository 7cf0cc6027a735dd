"""Small servers on 127.0.0.1 with known behaviour, and loads for them."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from upgradeproof.load import Aim
from upgradeproof.plan import Endpoint, Load

ROOT = Path(__file__).parents[2]
FRONT_PAGE = ROOT / "fixtures" / "locustfiles" / "front_page.py"
Behaviour = Callable[[int], int]
"""Takes the number of a request, from 0; may sleep; returns the status of the answer."""


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    behaviour: ClassVar[Behaviour]
    count: ClassVar[Iterator[int]]
    closes: ClassVar[bool] = False
    """Whether each answer has the header `Connection: close`."""

    def do_GET(self) -> None:
        self.send_response(type(self).behaviour(next(self.count)))
        self.send_header("Content-Length", "2")
        if self.closes:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        """Print nothing: clients close connections in the middle of an answer when a load ends."""


@contextmanager
def serving(
    behaviour: Behaviour, *, tls: ssl.SSLContext | None = None, closes: bool = False
) -> Iterator[int]:
    """Serve on a port of 127.0.0.1, each connection in a thread of its own."""
    own = {"behaviour": staticmethod(behaviour), "count": numbers(), "closes": closes}
    page = type("Page", (Page,), own)
    with Server(("127.0.0.1", 0), page) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def certified(folder: Path) -> ssl.SSLContext:
    """Return a server's TLS context with a self-signed certificate for ``localhost``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + signed.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


def numbers() -> Iterator[int]:
    """Count from 0; threads can share it, since the iterator of a range is atomic."""
    return iter(range(1 << 30))


def at_once(_: int) -> int:
    return 200


def stalling(period_s: float, stall_s: float) -> Behaviour:
    """Answer at once, except during a stall at the start of each period, which delays all."""

    def behaviour(_: int) -> int:
        into_s = time.monotonic() % period_s
        if into_s < stall_s:
            time.sleep(stall_s - into_s)
        return 200

    return behaviour


def load(**keys: Any) -> Load:
    """Return a short load; without other keys one user for half a second."""
    short = {"id": "short", "locustfile": "pages.py", "endpoint": "site", "model": "closed"}
    times = {"users": 1, "warm_up_s": 0.2, "duration_s": 0.5, "answer_timeout_s": 2}
    return Load.model_validate(short | times | keys)


def aim(port: int, *, kind: str = "http", certificate: str = "") -> Aim:
    endpoint = Endpoint.model_validate({"id": "site", "port": 80, "kind": kind})
    return Aim(endpoint=endpoint, port=port, certificate=certificate)
