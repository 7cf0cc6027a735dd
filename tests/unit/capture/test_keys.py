"""A private key never leaves the server: a new one of the same kind replaces it everywhere."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

from tests.unit.capture.examples import captured
from tests.unit.capture.walking import Root, contents
from upgradeproof.capture.folder import twin_of
from upgradeproof.capture.keys import Placeholders
from upgradeproof.capture.report import left_out
from upgradeproof.capture.stream import Key


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


KEYS = {
    "rsa": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "rsa-old": ["genrsa", "-traditional", "1024"],
    "ec": ["ecparam", "-genkey", "-noout", "-name", "secp384r1"],
    "ed25519": ["genpkey", "-algorithm", "ED25519"],
    "ed448": ["genpkey", "-algorithm", "ED448"],
}


def openssl(*words: str | Path) -> bytes:
    return subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30).stdout


@pytest.mark.parametrize("kind", ["rsa", "rsa-old", "ec", "ed25519"])
def test_a_key_is_replaced_by_one_of_the_same_kind_and_size(root: Root, kind: str) -> None:
    key = openssl(*KEYS[kind])
    file = root.write("/etc/ssl/private/a.key", key, 0o600)
    certificate = openssl("req", "-x509", "-key", file, "-subj", "/CN=a.example", "-addext",
                          "subjectAltName=DNS:a.example,DNS:b.example")  # fmt: skip
    root.write("/etc/haproxy/a.pem", certificate + key, 0o640)
    root.write("/etc/ssl/a.crt", certificate)
    printed = root.printed()
    public = certificate + openssl("pkey", "-in", file, "-pubout")
    for line in key.splitlines()[1:-1]:
        assert line not in printed or line in public
    walked = root.walk()
    made = Placeholders(walked.keys)
    files = {
        path: made.filled(entry.content, walked.mark)
        for path, entry in walked.entries.items()
        if entry.content is not None
    }
    text = files["/etc/ssl/private/a.key"]
    assert text.split(b"\n")[0] == key.split(b"\n")[0]
    old, new = load_pem_private_key(key, None), load_pem_private_key(text, None)
    match old, new:
        case (rsa.RSAPrivateKey(), rsa.RSAPrivateKey()):
            assert new.key_size == old.key_size
        case (ec.EllipticCurvePrivateKey(), ec.EllipticCurvePrivateKey()):
            assert new.curve.name == old.curve.name
        case (ed25519.Ed25519PrivateKey(), ed25519.Ed25519PrivateKey()):
            pass
        case _:
            pytest.fail(f"{new} does not replace {old}")
    issued = x509.load_pem_x509_certificate(files["/etc/ssl/a.crt"])
    before = x509.load_pem_x509_certificate(certificate)
    assert issued.public_key() == new.public_key() != old.public_key()
    assert issued.subject == before.subject
    names = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example", "b.example"]
    issued.verify_directly_issued_by(issued)
    bundle = files["/etc/haproxy/a.pem"]
    assert x509.load_pem_x509_certificate(bundle).public_key() == new.public_key()
    assert load_pem_private_key(bundle[bundle.index(b"-----BEGIN", 9) :], None)


@pytest.mark.parametrize("end", ["xPskA", "xPwdA==", "tokenAAA="])
def test_a_public_key_and_its_comment_stay_whatever_words_the_key_holds(
    root: Root, end: str
) -> None:
    line = f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{end} root@vm\n"
    root.write("/etc/ssh/keys.pub", line)
    root.write("/etc/ssh/own.pub", line, 0o600)
    walked = root.walk()
    made = Placeholders(walked.keys)
    assert [made.filled(each, walked.mark) for each in contents(walked)] == [line.encode()] * 2


def test_an_openssh_key_and_its_public_key_still_match(root: Root, tmp_path: Path) -> None:
    file = tmp_path / "id"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True, timeout=30
    )
    key, public = file.read_bytes(), file.with_suffix(".pub").read_text()
    root.write("/etc/ssh/ssh_host_ed25519_key", key, 0o600)
    root.write("/etc/ssh/ssh_host_ed25519_key.pub", public)
    root.write("/etc/ssh/other.pub", "ssh-ed25519 AAAAother ada@a\n")
    walked = root.walk()
    made = Placeholders(walked.keys)
    files = [made.filled(content, walked.mark) for content in contents(walked)]
    other, private, half = files
    assert other == b"ssh-ed25519 AAAAother ada@a\n"
    loaded = load_ssh_private_key(private, None)
    assert isinstance(loaded, ed25519.Ed25519PrivateKey)
    assert public.split()[1].encode() not in half
    assert half.startswith(b"ssh-ed25519 AAAA")
    assert half.split()[2:] == [public.split()[2].encode()]


def test_an_indented_key_and_a_key_within_a_line_keep_their_place(root: Root) -> None:
    key = openssl(*KEYS["ec"]).decode().strip()
    indented = "".join(f"    {line}\n" for line in key.splitlines())
    escaped = key.replace("\n", "\\n")
    root.write("/etc/a.yaml", f"tls:\n  key: |\n{indented}  more: 1\n")
    root.write("/etc/b.json", f'{{"tls": "{escaped}", "more": 1}}\n')
    walked = root.walk()
    made = Placeholders(walked.keys)
    first, second = (made.filled(content, walked.mark).decode() for content in contents(walked))
    lines = first.splitlines()
    assert lines[:2] == ["tls:", "  key: |"]
    assert lines[-1] == "  more: 1"
    assert all(line.startswith("    ") for line in lines[2:-1])
    assert lines[2] == "    -----BEGIN EC PRIVATE KEY-----"
    assert re.fullmatch(r'\{"tls": "-----BEGIN [^"\n]*-----END EC PRIVATE KEY-----", "more": 1\}\n',
                        second)  # fmt: skip
    assert [len(walked.keys), key.splitlines()[1] in first + second] == [1, False]


def test_an_encrypted_key_and_an_incomplete_key_are_replaced(root: Root) -> None:
    secret = openssl("genrsa", "-aes256", "-passout", "pass:x", "2048")
    half = openssl(*KEYS["rsa"])[:900]
    root.write("/etc/a.key", secret)
    root.write("/etc/b.key", half)
    printed = root.printed()
    for line in [*secret.splitlines()[1:-1], *half.splitlines()[1:]]:
        assert line not in printed
    walked = root.walk()
    assert [key.encrypted for key in walked.keys] == [True, False]
    made = Placeholders(walked.keys)
    for content in contents(walked):
        assert load_pem_private_key(made.filled(content, walked.mark), None)


def test_a_static_key_of_hexadecimal_lines_is_a_secret(root: Root) -> None:
    line = "0123456789abcdef" * 2
    name = "OpenVPN Static key V1"
    text = f"-----BEGIN {name}-----\n{line}\n{line[::-1]}\n-----END {name}-----\n"
    safe = root.treated("/etc/openvpn/ta.key", text, 0o600)
    assert re.fullmatch(
        rf"-----BEGIN {name}-----\n[0-9a-f]{{32}}\n[0-9a-f]{{32}}\n-----END {name}-----\n", safe
    )
    assert line not in safe
    assert line[::-1] not in safe


@pytest.mark.parametrize("kind", ["ec", "ed448"])
def test_a_certificate_that_can_not_be_issued_again_stays_and_is_reported(
    root: Root, kind: str
) -> None:
    """No certificate may have the serial number 0; none is issued for an Ed448 key."""
    file = root.write("/etc/ssl/private/a.key", openssl(*KEYS[kind]), 0o600)
    serial = "0" if kind == "ec" else "1"
    certificate = openssl(
        "req", "-x509", "-key", file, "-set_serial", serial, "-subj", "/CN=a.example"
    )
    root.write("/etc/ssl/a.crt", certificate)
    twin = twin_of(replace(captured(), walked=root.walk()), boots=False)
    assert twin.entries["/etc/ssl/a.crt"].content == certificate
    assert (
        "files with a certificate that does not match the placeholder of its key: /etc/ssl/a.crt"
        in left_out(twin)
    )


def test_a_key_of_an_unusual_size_is_replaced_by_one_of_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "a.key"
    openssl("dsaparam", "-genkey", "-noout", "-out", file, "1536")
    public = openssl("dsa", "-in", file, "-pubout").decode()
    key = Key(label="DSA PRIVATE KEY", encrypted=False, length=900, public=public)
    (made,) = Placeholders([key]).made
    assert isinstance(made, dsa.DSAPrivateKey)
    assert made.key_size == 1024
