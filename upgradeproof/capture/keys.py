"""Placeholders for private keys, and certificates that match them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning

from upgradeproof.capture.stream import Key
from upgradeproof.probes.certificates import UNREADABLE

PrivateKey = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | dsa.DSAPrivateKey
    | x25519.X25519PrivateKey
)
Signing = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\s.*?-----END CERTIFICATE-----", re.DOTALL)
_SSH = re.compile(rb"(?:ssh-[a-z0-9-]+|ecdsa-sha2-\S+) (AAAA[A-Za-z0-9+/=]+)")
_BYTES_OF_RSA = ((2000, 2048), (2700, 3072), (3600, 4096))
"""The text of a key of an unknown kind is at most so long, and then has so many bits."""
_DSA = (1024, 2048, 3072, 4096)
"""The sizes of DSA keys that can be generated; a server may have others."""


@dataclass
class Placeholders:
    """Generated keys by the number of the key that each replaces."""

    keys: Sequence[Key]
    made: list[PrivateKey] = field(default_factory=list)
    unissued: set[bytes] = field(default_factory=set)
    """Certificates of the keys that can't be issued again: they stay as they are."""
    _authority: rsa.RSAPrivateKey | None = None

    def __post_init__(self) -> None:
        """Generate a key of the same kind and size for each."""
        self.made = [_generated(key) for key in self.keys]
        self._by_public = {
            public: made
            for key, made in zip(self.keys, self.made, strict=True)
            if (public := _public_of(key)) is not None
        }

    def filled(self, content: bytes, mark: bytes) -> bytes:
        """Return a file's content with a placeholder at each mark, and with what belongs to it."""
        if mark and mark in content:
            pattern = re.escape(mark) + rb":(\d+):(\d+|escaped)@@"
            content = re.sub(pattern, lambda found: self._text(*found.groups()), content)
        content = _SSH.sub(self._public_key, content)
        return _PEM.sub(self._certificate, content)

    def _text(self, number: bytes, style: bytes) -> bytes:
        key, made = self.keys[int(number)], self.made[int(number)]
        text = _written(key.label, made)
        if style == b"escaped":
            return text.strip().replace(b"\n", b"\\n")
        return text.strip().replace(b"\n", b"\n" + b" " * int(style))

    def _public_key(self, found: re.Match[bytes]) -> bytes:
        made = self._by_public.get(found[1])
        if made is None:
            return found[0]
        return made.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)

    def _certificate(self, found: re.Match[bytes]) -> bytes:
        """Return a certificate issued again for the placeholder of its key; others stay."""
        made = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # of serial number 0
            try:
                certificate = x509.load_pem_x509_certificate(found[0])
                made = self._by_public.get(_spki(certificate.public_key()))
                if made is not None:
                    signer = made if certificate.issuer == certificate.subject else self._issuer()
                    issued = _issued_again(certificate, made, signer)
                    return issued.public_bytes(Encoding.PEM).strip()
            except (*UNREADABLE, UnsupportedAlgorithm):
                if made is not None:
                    self.unissued.add(found[0])
        return found[0]

    def _issuer(self) -> rsa.RSAPrivateKey:
        """Return the key that replaces those of all authorities whose own key is elsewhere."""
        if self._authority is None:
            self._authority = _rsa(2048)
        return self._authority


def _generated(key: Key) -> PrivateKey:
    """Return a key of the same kind and size; of an unknown kind, of the size of its text."""
    public = _loaded(key.public)
    if isinstance(public, rsa.RSAPublicKey):
        return _rsa(max(public.key_size, 1024))
    if isinstance(public, ec.EllipticCurvePublicKey):
        return ec.generate_private_key(public.curve)
    if isinstance(public, dsa.DSAPublicKey):
        return dsa.generate_private_key(min(_DSA, key=lambda bits: abs(bits - public.key_size)))
    for theirs, ours in _OF_ONE_SIZE.items():
        if isinstance(public, theirs):
            return ours()
    if key.label.startswith("EC "):
        return ec.generate_private_key(ec.SECP256R1())
    return _rsa(next((bits for limit, bits in _BYTES_OF_RSA if key.length <= limit), 2048))


_OF_ONE_SIZE: Mapping[type, Callable[[], PrivateKey]] = {
    ed25519.Ed25519PublicKey: ed25519.Ed25519PrivateKey.generate,
    ed448.Ed448PublicKey: ed448.Ed448PrivateKey.generate,
    x25519.X25519PublicKey: x25519.X25519PrivateKey.generate,
}


def _rsa(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _loaded(public: str) -> object:
    try:
        if public.startswith("-----BEGIN"):
            return serialization.load_pem_public_key(public.encode())
        return serialization.load_ssh_public_key(public.encode()) if public else None
    except (ValueError, UnsupportedAlgorithm):
        return None


def _public_of(key: Key) -> bytes | None:
    """Return how a file contains the public key: as a certificate, or as OpenSSH's text."""
    if key.public.startswith("-----BEGIN"):
        loaded = _loaded(key.public)
        return None if loaded is None else _spki(loaded)
    words = key.public.split()
    return words[1].encode() if len(words) > 1 else None


def _spki(public: object) -> bytes:
    encoded: bytes = public.public_bytes(  # type: ignore[attr-defined]  # every public key's
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def _written(label: str, made: PrivateKey) -> bytes:
    """Return a private key in the format of its label."""
    formats = serialization.PrivateFormat
    form = formats.PKCS8
    if "OPENSSH" in label:
        form = formats.OpenSSH
    elif label.startswith(("RSA ", "EC ", "DSA ")):
        form = formats.TraditionalOpenSSL
    return made.private_bytes(Encoding.PEM, form, serialization.NoEncryption())


def _issued_again(
    certificate: x509.Certificate, made: PrivateKey, signer: PrivateKey
) -> x509.Certificate:
    """Return a certificate with the same names, dates and extensions for another key.

    Raises UnsupportedAlgorithm, or one of UNREADABLE, if that is impossible.
    """
    if not isinstance(made, Signing) or not isinstance(signer, Signing):
        raise UnsupportedAlgorithm("the key can't be that of a certificate")
    builder = (
        x509.CertificateBuilder()
        .subject_name(certificate.subject)
        .issuer_name(certificate.issuer)
        .public_key(made.public_key())
        .serial_number(certificate.serial_number)
        .not_valid_before(certificate.not_valid_before_utc)
        .not_valid_after(certificate.not_valid_after_utc)
    )
    for extension in certificate.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectKeyIdentifier):
            value = x509.SubjectKeyIdentifier.from_public_key(made.public_key())
        elif isinstance(value, x509.AuthorityKeyIdentifier):
            value = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        elif isinstance(value, x509.PrecertificateSignedCertificateTimestamps):
            continue  # they are for the certificate as it was issued
        builder = builder.add_extension(value, extension.critical)
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(signer, algorithm)
