"""An HTTP response is whole, or it is no answer: the clients of the machine report both."""

from __future__ import annotations

import datetime
import http.client
import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from upgradeproof.clients import HttpQuestion, https_script, parse_response
from upgradeproof.clients.streams import MAXIMUM_BYTES

ADDRESS = "127.0.0.1"
HEAD = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"


def response(status: str, announced: int, body: bytes) -> bytes:
    return HEAD % (status.encode(), announced) + body


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a certificate of ADDRESS and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ADDRESS)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ADDRESS))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(pem))
    return file


@contextmanager
def serving(certificate: Path, answer: bytes) -> Iterator[int]:
    """Answer one request over TLS by some bytes, and close."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server((ADDRESS, 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with context.wrap_socket(connection, server_side=True) as peer:
                peer.recv(65536)
                peer.sendall(answer)
                with suppress(OSError):  # a client may be gone
                    peer.unwrap()

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_a_whole_response_has_its_status_and_its_body() -> None:
    assert parse_response(response("404 Not Found", 3, b"abc")) == (404, b"abc")


def test_a_response_that_was_cut_off_is_none() -> None:
    with pytest.raises(http.client.IncompleteRead):
        parse_response(response("200 OK", 1000, b"abc"))


def test_a_response_over_the_limit_is_cut_at_it() -> None:
    sent = response("200 OK", 2 * MAXIMUM_BYTES, b"a" * 2 * MAXIMUM_BYTES)[:MAXIMUM_BYTES]
    status, body = parse_response(sent)
    assert (status, set(body)) == (200, {ord("a")})


@pytest.mark.parametrize("client", ["curl", "wget", "python3"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (response("200 OK", 3, b"abc"), (200, b"abc")),
        (response("404 Not Found", 3, b"abc"), (404, b"abc")),
        (response("200 OK", 1000, b"abc"), None),
    ],
    ids=["whole", "an error's page", "cut off"],
)
def test_each_client_distinguishes_them(
    certificate: Path, client: str, answer: bytes, expected: tuple[int, bytes] | None
) -> None:
    if shutil.which(client) is None:
        pytest.skip(f"this host has no {client}")
    with serving(certificate, answer) as port:
        question = HttpQuestion(
            address=ADDRESS, port=port, host=ADDRESS, path="/", ca=str(certificate)
        )
        script = https_script(question, (client,))
        done = subprocess.run(["bash", "-c", script], capture_output=True, check=False)
    name, _, output = done.stdout.partition(b"\n")
    assert name == client.encode(), done.stderr
    if expected:
        assert parse_response(output) == expected, done.stderr
    else:
        with pytest.raises(http.client.HTTPException):
            parse_response(output)
