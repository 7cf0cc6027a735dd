"""Read the certificates that the plan names."""

from __future__ import annotations

import re
import shlex
import warnings
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, decoded, rows

_SCRIPT = r"""
certificates() {
  [ -r "$2" ] || { printf 'missing\t%s\n' "$1"; return; }
  printf 'file\t%s\t%s\n' "$1" "$(head -c 1048576 "$2" | awk '
    /-----BEGIN / { block = ""; inside = /^-----BEGIN CERTIFICATE-----[ \t\r]*$/ }
    inside { block = block $0 "\n" }
    /-----END / { if (inside && /^-----END CERTIFICATE-----/) printf "%s", block; inside = 0 }
    ' | base64 -w 0)"
}
"""
UNREADABLE = (
    *(ValueError, x509.InvalidVersion),
    *(x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
"""What is raised for a certificate that other programs may accept."""
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class Certificate(Record):
    """One certificate; times are UTC in ISO 8601, names those of the subject's alternatives."""

    subject: str = ""
    issuer: str = ""
    not_before: str = ""
    not_after: str = ""
    sha256: str = ""
    names: tuple[str, ...] = ()
    problem: str = ""
    """Why there is no certificate here; empty when it could be read."""


class Certificates(Probe[Certificate]):
    """Read the plan's PEM files; the key is the path, and ``path[1]``... for the rest of a chain.

    The file may hold the private key too: only whole certificate blocks ever leave the machine.
    """

    section = "certificates"
    record: ClassVar[type[Record]] = Certificate
    on_disk = True

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script."""
        calls = (
            f"certificates {index} {shlex.quote(path)}"
            for index, path in enumerate(inputs.certificates)
        )
        return "\n".join([_SCRIPT, *calls, ":"])

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, Certificate]:
        """Return the certificates; one that can't be read is a fact with its problem."""
        paths = {str(index): path for index, path in enumerate(inputs.certificates)}
        certificates: dict[str, Certificate] = {}
        for cells in rows(output):
            match cells:
                case ["missing", index] if index in paths:
                    path = paths[index]
                    certificates[path] = Certificate(problem="there is no such file")
                case ["file", index, content] if index in paths:
                    path = paths[index]
                    for position, block in enumerate(_BLOCK.findall(decoded(content))):
                        key = f"{path}[{position}]" if position else path
                        certificates[key] = _certificate(block)
                    certificates.setdefault(path, Certificate(problem="no PEM certificate in it"))
        return certificates


def _certificate(block: bytes) -> Certificate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd certificate is a fact here, not our deprecation
        try:
            certificate = x509.load_pem_x509_certificate(block)
            return Certificate(
                subject=clean(certificate.subject.rfc4514_string()),
                issuer=clean(certificate.issuer.rfc4514_string()),
                not_before=certificate.not_valid_before_utc.isoformat(),
                not_after=certificate.not_valid_after_utc.isoformat(),
                sha256=certificate.fingerprint(SHA256()).hex(),
                names=_names(certificate),
            )
        except UNREADABLE as error:
            return Certificate(problem=clean(f"the certificate can't be read: {error}"))


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(sorted(clean(str(name.value)) for name in extension.value))
