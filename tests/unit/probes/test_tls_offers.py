"""The TLS versions and suites of a real server, read with the machine's own openssl."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from upgradeproof.probes import Facts, ProbeInputs, TlsInput, diff
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.tls_offers import TlsOffer, TlsOffers


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a file with a key and a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a.test")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path / "both.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(pem)
    )
    return path


NEEDS_SS = pytest.mark.skipif(not shutil.which("ss"), reason="this host has no ss, of iproute2")


@pytest.fixture(params=["127.0.0.1", pytest.param("127.0.0.3", marks=NEEDS_SS)])
def port(certificate: Path, request: pytest.FixtureRequest) -> Iterator[int]:
    """Return the port of a server that offers two suites of TLS 1.2, and no other version.

    It listens at one address alone.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384")
    with socket.create_server((request.param, 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer, suppress(OSError), context.wrap_socket(peer, server_side=True):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def offered(port: int) -> dict[str, TlsOffer]:
    inputs = ProbeInputs(tls=(TlsInput(id="web", port=port, host="a.test"),))
    done = subprocess.run(
        ["sh", "-c", TlsOffers.script(inputs)], capture_output=True, text=True, check=True
    )
    return TlsOffers.parse(done.stdout, inputs)


def test_every_version_and_suite_of_a_server_is_found(port: int) -> None:
    found = offered(port)
    assert found["web"].certificate.startswith("subject=CN=a.test issuer=CN=a.test notAfter=")
    del found["web"]
    suites = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384")
    assert found == {"web/TLSv1.2": TlsOffer(suites=suites)}


def test_a_port_on_which_nothing_listens_offers_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    assert offered(free) == {"web": TlsOffer()}


def test_without_openssl_the_offers_are_unknown() -> None:
    inputs = ProbeInputs(tls=(TlsInput(id="web", port=1, host="a.test"),))
    assert TlsOffers.parse("unknown\t0\n", inputs) == {
        "web": TlsOffer(problem="there is no openssl on the machine")
    }
    assert TlsOffers.script(ProbeInputs()) == ":"


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (("A",), ("A", "B"), "the choice of libssl3, which went from 1 to 2"),
        (
            ("AES128-CCM8", "AES256-CCM", "AES128-SHA256"),
            ("AES256-CCM", "AES256-SHA"),
            "the choice of libssl3, which went from 1 to 2",
        ),
        (("ECDHE-RSA-AES128-GCM-SHA256", "AES128-SHA"), ("ECDHE-RSA-AES256-GCM-SHA384",), ""),
        (("DES-CBC3-SHA", "AES128-SHA"), ("AES128-SHA",), ""),
        (("A",), (), ""),
    ],
)
def test_an_offer_without_a_lost_family_is_explained_by_the_library(
    before: tuple[str, ...], after: tuple[str, ...], reason: str
) -> None:
    states = [
        Facts(
            {
                TlsOffers.section: {"web/TLSv1.2": TlsOffer(suites=suites)},
                Packages.section: {
                    "libssl3": Package(version=version, state="install ok installed")
                },
            }
        )
        for suites, version in ((before, "1"), (after, "2"))
    ]
    (line,) = (line for line in diff(*states) if line.path.startswith("tls_offers/"))
    assert TlsOffers.explain(line, *states) == reason
