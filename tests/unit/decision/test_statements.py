"""The statements of a signed decision, and how other programs read them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.decision.signed import CELL, decided_folder, make_key
from upgradeproof.decision.claims import packages, read_envelopes
from upgradeproof.decision.dsse import encoded
from upgradeproof.decision.files import digest
from upgradeproof.decision.keys import fingerprint, open_signer
from upgradeproof.decision.names import EVIDENCE, SUMS
from upgradeproof.decision.signers import NAMESPACE
from upgradeproof.decision.signing import sign
from upgradeproof.decision.subjects import Subject
from upgradeproof.errors import PlanError, SigningError

THING = Subject(name="thing", version="2.0-1", architecture="amd64", sha256="c" * 64)


def payloads(folder: Path) -> list[dict[str, Any]]:
    return [each.statement for each in read_envelopes(folder)]


def test_the_statements_name_results_and_packages(tmp_path: Path, ada: Path) -> None:
    folder = decided_folder(tmp_path)
    sign(folder, open_signer(ada), [THING])
    tests, decision = payloads(folder)
    assert tests["subject"] == decision["subject"] == [THING.descriptor()]
    assert tests["subject"][0]["uri"] == "pkg:deb/thing@2.0-1?arch=amd64"
    predicate = tests["predicate"]
    assert predicate["result"] == "WARNED"
    assert predicate["passedTests"] == [f"{CELL} a", f"{CELL} b"]
    assert (predicate["warnedTests"], predicate["failedTests"]) == ([f"{CELL} ports::open"], [])
    assert decision["predicate"]["verificationResult"] == "PASSED"
    (listed,) = decision["predicate"]["inputAttestations"]
    assert listed["digest"]["sha256"] == digest(read_envelopes(folder)[0].content)


def test_a_second_signer_signs_about_the_same_packages(tmp_path: Path, ada: Path) -> None:
    folder = decided_folder(tmp_path)
    sign(folder, open_signer(ada), [THING])
    grace = open_signer(make_key(tmp_path / "grace"))
    assert sign(folder, grace).removed == 0
    assert sign(folder, grace, [THING]).removed == 0
    assert packages(read_envelopes(folder)) == [THING.descriptor()]
    other = Subject(name="thing", version="2.0-1", architecture="amd64", sha256="d" * 64)
    with pytest.raises(SigningError) as error:
        sign(folder, grace, [other])
    assert str(error.value) == (
        f"{folder} is signed already, and not about the packages that --package names\n"
        "thing_2.0-1_amd64.deb\n"
        "To do: name the same packages, or remove evidence.intoto.jsonl to begin again"
    )


def test_a_package_that_was_not_tested_is_refused(tmp_path: Path, ada: Path) -> None:
    folder = decided_folder(tmp_path)
    other = Subject(name="thing", version="2.1-1", architecture="amd64", sha256="c" * 64)
    with pytest.raises(PlanError) as error:
        sign(folder, open_signer(ada), [other])
    assert str(error.value) == (
        "the package thing 2.1-1 was not tested by this run\n"
        "upgraded machines had: 2.0-1\n"
        "To do: name the packages that the run installed"
    )


def test_checksums_and_signature_are_verified_without_upgradeproof(
    folder: Path, signers: Path
) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=folder, check=True)
    argv = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "ada@example.org"]
    argv += ["-n", NAMESPACE, "-s", str(folder / "SHA256SUMS.sig")]
    with (folder / SUMS).open("rb") as content:
        done = subprocess.run(argv, stdin=content, capture_output=True, check=True)
    assert done.stdout.startswith(b'Good "upgradeproof.decision@v1" signature for ada@example.org')


def test_envelopes_are_those_of_securesystemslib(folder: Path, tmp_path: Path) -> None:
    dsse: Any = pytest.importorskip("securesystemslib.dsse")
    signer: Any = pytest.importorskip("securesystemslib.signer")
    key = open_signer(tmp_path / "ada")
    public = key.key.public_key()  # type: ignore[attr-defined]  # a signer that reads a file
    known = signer.SSlibKey.from_crypto(public, keyid=fingerprint(key.blob))
    stranger = signer.CryptoSigner.generate_ed25519().public_key
    stranger.keyid = known.keyid
    for line in (folder / EVIDENCE).read_text().splitlines():
        envelope = dsse.Envelope.from_dict(json.loads(line))
        assert envelope.verify([known], 1) == {known.keyid: known}
        with pytest.raises(Exception, match="Accepted signatures do not match threshold"):
            envelope.verify([stranger], 1)
        assert envelope.pae() == encoded(envelope.payload_type, envelope.payload)


def test_the_encoding_is_that_of_the_specification() -> None:
    assert encoded("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
