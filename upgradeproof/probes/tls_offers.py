"""Read what the plan's TLS endpoints offer: protocol versions, cipher suites, the certificate."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import ClassVar

from upgradeproof.probes.attribution import changed_package
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.text import clean, rows

HANDSHAKE_TIMEOUT_S = 5
MAXIMUM_SUITES = 40
"""Of one version; servers offer about 20."""
ENDPOINT_TIMEOUT_S = 60
_UNKNOWN = "there is no openssl on the machine"

# A server picks one suite of those that it is offered. So each suite that it picked is left out of
# the next offer, until it refuses. Level 0: what the client itself would refuse is offered as well.
_SCRIPT = rf"""
where() {{
  ss -Hltn "sport = :$1" 2>/dev/null | awk '
    {{ sub(/:[0-9]+$/, "", $4); sub(/%[^]]*/, "", $4) }}
    $4 ~ /^(\*|0\.0\.0\.0|\[::\])$/ {{ any = "127.0.0.1" }}
    $4 ~ /^127\./ {{ own = $4 }}
    {{ other = $4 }}
    END {{ print any ? any : own ? own : other ? other : "127.0.0.1" }}'
}}
ask() {{
  timeout {HANDSHAKE_TIMEOUT_S} openssl s_client -connect "$address:$port" -servername "$host" \
    $starttls "$@" </dev/null 2>/dev/null
}}
picked() {{ sed -n 's/^New, [^,]*, Cipher is //p' | grep -v -e NONE | head -n 1; }}
offers() {{
  id=$1 port=$2 host=$3 starttls=$4 end=$(($(date +%s) + {ENDPOINT_TIMEOUT_S}))
  command -v openssl >/dev/null || {{ printf 'unknown\t%s\n' "$id"; return; }}
  address=$(where "$port")
  openssl s_client -help 2>&1 | grep -oE -e '-tls1(_[123])? ' | sort -u | while read -r version; do
    option=-cipher wanted=ALL:COMPLEMENTOFALL level=:@SECLEVEL=0 number=0
    [ "$version" != -tls1_3 ] || option=-ciphersuites level= \
      wanted=TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256
    while [ -n "$wanted" ] && [ "$number" -lt {MAXIMUM_SUITES} ] && [ "$(date +%s)" -lt "$end" ]; do
      suite=$(ask "$version" "$option" "$wanted$level" | picked)
      [ -n "$suite" ] || break
      printf 'suite\t%s\t%s\t%s\n' "$id" "$version" "$suite"
      case $option in
        -cipher) wanted="$wanted:!$suite" ;;
        *) wanted=$(printf '%s' "$wanted" | tr : '\n' | grep -vx -e "$suite" | paste -s -d :) ;;
      esac
      number=$((number + 1))
    done
  done
  printf 'certificate\t%s\t%s\n' "$id" "$(ask -showcerts | openssl x509 -noout -subject -issuer \
    -enddate -nameopt RFC2253 2>/dev/null | tr '\n' ' ')"
}}
"""


class TlsOffer(Record):
    """What one endpoint offers in one version of TLS; the key is ``endpoint/TLSv1.2``."""

    suites: tuple[str, ...] = ()
    """Cipher suites by the names of OpenSSL, sorted; empty: the version is not offered."""
    certificate: str = ""
    """Of the key ``endpoint``: subject, issuer and end of the certificate that it presents."""
    problem: str = ""
    """Of the key ``endpoint``: why nothing is known; empty: it was asked."""


class TlsOffers(Probe[TlsOffer]):
    """Shake hands with each endpoint in each version, until every suite that it accepts is known.

    Asked by the machine's own openssl, at its lowest security level: what OpenSSL can't offer at
    all (SSL 3, suites that its build leaves out) is not seen. About 20 handshakes for an endpoint,
    0.5 s on an idle host, so that clones only are asked.
    """

    section = "tls_offers"
    record: ClassVar[type[Record]] = TlsOffer
    intrusive = True

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script."""
        calls = [
            shlex.join(
                [
                    "offers",
                    str(index),
                    str(endpoint.port),
                    endpoint.host,
                    f"-starttls {endpoint.starttls}" if endpoint.starttls else "",
                ]
            )
            for index, endpoint in enumerate(inputs.tls)
        ]
        return "\n".join([_SCRIPT, *calls, ":"]) if calls else ":"

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, TlsOffer]:
        """Return what was offered; an endpoint that did not answer has no versions."""
        ids = {str(index): endpoint.id for index, endpoint in enumerate(inputs.tls)}
        suites: dict[str, list[str]] = {}
        found: dict[str, TlsOffer] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["unknown", index] if index in ids:
                    found[ids[index]] = TlsOffer(problem=_UNKNOWN)
                case ["suite", index, version, suite] if index in ids:
                    suites.setdefault(f"{ids[index]}/{_version(version)}", []).append(suite)
                case ["certificate", index, certificate] if index in ids:
                    found[ids[index]] = TlsOffer(certificate=certificate.strip())
        return found | {key: TlsOffer(suites=tuple(sorted(each))) for key, each in suites.items()}

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return the package of the TLS library, unless a version or a family of suites is lost."""
        key = line.path.removeprefix(f"{cls.section}/").removesuffix("/suites")
        old, new = (facts[cls].get(key, TlsOffer()) for facts in (before, after))
        if lost_families(old.suites, new.suites) or old.certificate != new.certificate:
            return ""
        if new.problem:
            return ""
        libraries = (
            f"the choice of {name}, which {changed}"
            for name in sorted(after[Packages])
            if name.startswith(("libssl", "libgnutls", "openssl"))
            and (changed := changed_package(name, before, after))
        )
        return next(libraries, "")


def lost_families(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the suites whose whole family is not offered any more.

    A family is a key exchange with a cipher and its mode, such as ECDHE-RSA with AES in GCM: a
    client that supports one member supports others.
    """
    left = {_family(suite) for suite in after}
    return [suite for suite in before if _family(suite) not in left]


def _family(suite: str) -> str:
    """Return a suite's name without sizes and hashes: ``AES128-CCM8`` is of the family AES-CCM."""
    return re.sub(r"(?<=[A-Z])\d+|[-_](?:SHA\d*|POLY1305)", "", suite)


def _version(option: str) -> str:
    """Return the usual name of a version: ``-tls1_2`` is ``TLSv1.2``, and ``-tls1`` ``TLSv1.0``."""
    _, _, minor = option.partition("_")
    return f"TLSv1.{minor or '0'}"
