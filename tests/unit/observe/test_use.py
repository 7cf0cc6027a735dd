"""A listening port that does not answer is listed with the known facts about it."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.observe.facts import facts
from tests.unit.observe.facts import socket as listening
from tests.unit.observe.machines import AnsweringMachine
from tests.unit.observe.test_asking import LOOPBACK, Answer, serving
from upgradeproof.observe.services import Seen
from upgradeproof.observe.use import endpoints, programs

SPEAKS_TLS = "it speaks TLS, and over that it"


def asked(tmp_path: Path, port: int) -> list[object]:
    """Return the findings about a port on a machine's loopback address, which is also published."""
    there = facts(sockets={f"tcp/{LOOPBACK}:{port}": listening(port, "thingd", "t", LOOPBACK)})
    machine = AnsweringMachine(tmp_path, {"grep -rlsF": "0|"}, {port: port})
    return list(endpoints(machine, Seen(bare=facts(), installed=there, booted=there), {}))


def with_tls(folder: Path) -> Answer:
    """Return a server that completes a TLS handshake and then closes the connection."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    signed = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "both.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True):
            pass

    return answer


def test_a_port_that_does_not_answer_is_listed(tmp_path: Path) -> None:
    with serving(lambda connection: connection.close()) as port:
        assert asked(tmp_path, port) == [
            f"tcp port {port} of thingd: it answered none of the requests"
        ]


def test_a_port_with_tls_and_without_http_is_listed_with_tls(tmp_path: Path) -> None:
    with serving(with_tls(tmp_path)) as port:
        assert asked(tmp_path, port) == [
            f"tcp port {port} of thingd: {SPEAKS_TLS} answered none of the requests"
        ]


def test_the_name_of_a_program_is_one_word_of_its_command(tmp_path: Path) -> None:
    name = "a;touch ran;"
    machine = AnsweringMachine(tmp_path, {"dpkg-query": f"0|/usr/bin/{name}", name: "0|"})
    (found,) = programs(machine, ["p"])
    assert found.keys["run"] == "'a;touch ran;' --version >/dev/null"
