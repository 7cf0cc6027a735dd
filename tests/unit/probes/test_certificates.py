"""Certificates, which each test creates."""

from __future__ import annotations

import base64
import datetime
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from upgradeproof.probes.certificates import Certificate, Certificates
from upgradeproof.probes.inputs import ProbeInputs

INTERESTS = ProbeInputs(certificates=("/etc/tls/site.pem", "/etc/tls/it's.pem"))


def self_signed(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    names = [x509.DNSName(name), x509.DNSName("alias.test")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def parse(content: bytes) -> dict[str, Certificate]:
    return Certificates.parse(f"file\t0\t{base64.b64encode(content).decode()}\n", INTERESTS)


def test_a_certificate_is_read() -> None:
    certificate = parse(self_signed("site.test"))["/etc/tls/site.pem"]
    assert len(certificate.sha256) == 64
    assert certificate.model_copy(update={"sha256": ""}) == Certificate(
        subject="CN=site.test",
        issuer="CN=site.test",
        not_before="2026-01-02T00:00:00+00:00",
        not_after="2026-04-02T00:00:00+00:00",
        names=("alias.test", "site.test"),
    )


def test_further_certificates_of_a_chain_are_numbered() -> None:
    chain = parse(self_signed("leaf.test") + self_signed("root.test"))
    assert {key: certificate.subject for key, certificate in chain.items()} == {
        "/etc/tls/site.pem": "CN=leaf.test",
        "/etc/tls/site.pem[1]": "CN=root.test",
    }


def test_a_broken_certificate_does_not_hide_the_next() -> None:
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    chain = parse(broken + self_signed("root.test"))
    assert chain["/etc/tls/site.pem"].problem.startswith("the certificate can't be read: ")
    assert chain["/etc/tls/site.pem[1]"].subject == "CN=root.test"


def test_a_certificate_of_an_unknown_version_is_a_problem() -> None:
    encoded = ssl.PEM_cert_to_DER_cert(self_signed("site.test").decode())
    unknown = encoded.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    (found,) = parse(ssl.DER_cert_to_PEM_cert(unknown).encode()).values()
    assert found.problem == "the certificate can't be read: 7 is not a valid X509 version"


def test_a_file_without_certificate_is_a_problem() -> None:
    assert parse(b"") == {"/etc/tls/site.pem": Certificate(problem="no PEM certificate in it")}


def test_a_missing_file_is_a_problem() -> None:
    assert Certificates.parse("missing\t1\nmissing\t9\n", INTERESTS) == {
        "/etc/tls/it's.pem": Certificate(problem="there is no such file")
    }


def test_paths_are_quoted() -> None:
    assert "certificates 1 '/etc/tls/it'\"'\"'s.pem'\n" in Certificates.script(INTERESTS)
