"""Whom the machine trusts in addition to the package ``ca-certificates``."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from upgradeproof.probes import Facts, diff
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.trust_anchors import TrustAnchor, TrustAnchors


def certificate(name: str) -> x509.Certificate:
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    builder = builder.public_key(key.public_key()).serial_number(1)
    begin, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2040))
    return builder.not_valid_before(begin).not_valid_after(end).sign(key, SHA256())


SHIPPED, OTHER, OURS = (certificate(name) for name in ("shipped", "other", "ours"))


def pem(*certificates: x509.Certificate) -> str:
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)


def key_of(each: x509.Certificate) -> str:
    return hashlib.sha256(each.public_bytes(Encoding.DER)).hexdigest()


def read(root: Path, bundle: str) -> dict[str, TrustAnchor]:
    """Run the script on a folder instead of a machine, and parse what it prints."""
    folder = root / "usr/share/ca-certificates/mozilla"
    folder.mkdir(parents=True)
    for name, each in (("a b", SHIPPED), ("o", OTHER)):
        (folder / f"{name}.crt").write_text(pem(each))
    (root / "bundle").write_text(bundle)
    listed = f"{folder}\n{folder}/a b.crt\n{folder}/o.crt\n{folder}/lost.crt\n"
    (root / "list").write_text(listed)
    script = TrustAnchors.script(ProbeInputs())
    script = script.replace("/etc/ssl/certs/ca-certificates.crt", f"{root}/bundle")
    script = script.replace("/var/lib/dpkg/info/ca-certificates.list", f"{root}/list")
    script = script.replace("^/usr/share", f"^{root}/usr/share")
    done = subprocess.run(
        ["sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    assert not done.stderr
    return TrustAnchors.parse(done.stdout, ProbeInputs())


def test_a_machine_that_trusts_what_the_package_brings_has_no_facts(tmp_path: Path) -> None:
    assert read(tmp_path, pem(SHIPPED, OTHER)) == {}


def test_own_certificates_are_read(tmp_path: Path) -> None:
    odd = pem(OURS).replace("\n", "\r\n").replace("CERTIFICATE", "TRUSTED CERTIFICATE", 1)
    assert read(tmp_path, f"# Ours\n{pem(SHIPPED)}{odd}{pem(OTHER)}") == {
        key_of(OURS): TrustAnchor(subject="CN=ours")
    }


def test_a_certificate_of_the_package_that_is_not_trusted_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, pem(SHIPPED)) == {
        key_of(OTHER): TrustAnchor(subject="CN=other", trusted=False)
    }


def test_a_machine_without_a_list_has_no_facts(tmp_path: Path) -> None:
    script = TrustAnchors.script(ProbeInputs())
    script = script.replace("/etc/ssl/certs/ca-certificates.crt", f"{tmp_path}/none")
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("body", ["", "=", "abc", "abcde", "!!!!", "a" * 70_000])
def test_what_is_no_certificate_is_left_out(body: str) -> None:
    assert TrustAnchors.parse(f"own\t{body}\nown\nx\ty\n", ProbeInputs()) == {}


def test_a_certificate_that_cannot_be_read_has_no_subject() -> None:
    (found,) = TrustAnchors.parse("own\tAAAA\n", ProbeInputs()).values()
    assert found == TrustAnchor()


def test_an_added_or_removed_certificate_is_not_explained() -> None:
    none, ours = (
        Facts({TrustAnchors.section: records})
        for records in ({}, {"ab": TrustAnchor(subject="CN=ours")})
    )
    for before, after in ((none, ours), (ours, none)):
        (line,) = diff(before, after)
        assert line.path == "trust_anchors/ab"
        assert TrustAnchors.explain(line, before, after) == ""
