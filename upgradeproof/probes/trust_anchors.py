"""Read the certificates that the machine trusts in addition to those of Debian."""

from __future__ import annotations

import hashlib
import re
import warnings
from typing import ClassVar

from cryptography import x509

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, decoded, rows

# The body of a certificate in PEM, without its line breaks, identifies it: no program for
# certificates is needed, and what both lists have stays on the machine.
_SCRIPT = r"""
bundle=/etc/ssl/certs/ca-certificates.crt
[ -r "$bundle" ] || exit 0
shipped=$(grep -hE '^/usr/share/ca-certificates/.*\.crt$' \
  /var/lib/dpkg/info/ca-certificates.list 2>/dev/null)
IFS='
'
set -f
bodies=$(for file in $shipped; do [ ! -r "$file" ] || printf '%s\n' "$file"; done |
  tr '\n' '\0' | xargs -0r cat --)
{ printf '%s\n=\n' "$bodies"; head -c 4194304 "$bundle"; } | awk '
  $0 == "=" { ours = 1; next }
  { sub(/[ \t\r]*$/, "") }
  /^-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----$/ { inside = 1; body = ""; next }
  /^-----END / {
    if (inside && ours) { seen[body] = 1; if (!(body in known)) print "own\t" body }
    else if (inside) known[body] = 1
    inside = 0; next }
  inside { body = body $0 }
  END { for (body in known) if (!(body in seen)) print "refused\t" body }'
exit 0
"""
_BASE64 = re.compile(r"[A-Za-z0-9+/]{4,65536}={0,2}")


class TrustAnchor(Record):
    """One certificate."""

    subject: str = ""
    """As in RFC 4514; empty for a certificate that can't be read."""
    trusted: bool = True
    """False: one of the package ``ca-certificates``, which an administrator has switched off."""


class TrustAnchors(Probe[TrustAnchor]):
    """Compare the list of trusted authorities with the package ``ca-certificates``.

    Key: the certificate's SHA-256. What is trusted because the package brings it is no fact. Never
    explained: no package decides whom the machine trusts.
    """

    section = "trust_anchors"
    record: ClassVar[type[Record]] = TrustAnchor
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, TrustAnchor]:
        """Return the certificates; lines of another shape are left out."""
        found: dict[str, TrustAnchor] = {}
        for cells in rows(output):
            match cells:
                case ["own" | "refused" as word, body] if _is_base64(body):
                    der = decoded(body)
                    key = hashlib.sha256(der).hexdigest()
                    found[key] = TrustAnchor(subject=_subject(der), trusted=word == "own")
        return found


def _is_base64(text: str) -> bool:
    return len(text) % 4 == 0 and bool(_BASE64.fullmatch(text))


def _subject(der: bytes) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd certificate is a fact here, not our deprecation
        try:
            return clean(x509.load_der_x509_certificate(der).subject.rfc4514_string())
        except ValueError:
            return ""
