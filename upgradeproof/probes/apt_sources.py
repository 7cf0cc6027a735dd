"""Read whether apt verifies each of its sources, by asking each for its signed index now."""

from __future__ import annotations

import re
from typing import ClassVar

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean

TIMEOUT_S = 120
# Only the signed index of each source is fetched, into a folder of its own: the machine's lists
# are not changed, and what was fetched before is not used for this verification.
_SCRIPT = rf"""
command -v apt-get >/dev/null || exit 0
t=$(mktemp -d /var/tmp/upgradeproof.XXXXXX) || exit 1
trap 'rm -rf "$t"' EXIT
chmod 755 "$t"; mkdir -p "$t/lists/partial"; chown _apt "$t/lists/partial" 2>/dev/null
target='Acquire::IndexTargets::deb[a-z-]*::[A-Za-z0-9_.-]*'
targets=$(apt-config dump | sed -n "s/^\($target\)::MetaKey .*/-o \1::DefaultEnabled=false/p")
timeout -k 5 {TIMEOUT_S} apt-get update -q $targets -o Dir::State::lists="$t/lists" \
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Acquire::Retries=0 \
  -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
  -o APT::Update::Pre-Invoke::=: -o Acquire::AllowInsecureRepositories=false >"$t/printed" 2>&1
printf 'exit status %s\n' $?
head -c 262144 "$t/printed"
exit 0
"""
_STATUS = re.compile(r"exit status (\d+)")
_TIMED_OUT = ("124", "137")
WHOLE = "apt-get update"
"""The key of what concerns no single source."""
_FETCHED = re.compile(
    r"(Get|Hit|Ign|Err):\d+ (\S+) (\S+) (?:InRelease|Release(?:\.gpg)?)(?: \[.*)?"
)
_NETWORK = re.compile(
    r"could not (?:resolve|connect)|cannot initiate the connection|"
    r"connection (?:timed|refused|failed|reset|closed)|temporary failure|no route|unreachable|"
    r"timed out|unable to connect|"
    r"^\s*(?:4(?!0[13])|5)\d\d\s|hash sum mismatch|error reading from server|proxy",
    re.IGNORECASE,
)
_DECISIVE = re.compile(
    r"NO_PUBKEY|SHA1|not (?:bound|considered secure)|BADSIG|EXPKEYSIG|EXPSIG|REVKEYSIG|expired|"
    r"missing key|not signed|signature|certificate|Release file",
    re.IGNORECASE,
)
_WARNING = re.compile(
    r"legacy trusted\.gpg|DEPRECATION|weak (?:algorithm|digest)|will be deprecated"
)


class AptSource(Record):
    """One source that is not simply verified: apt refuses it, can't reach it, or warns of it."""

    volatile: ClassVar[frozenset[str]] = frozenset({"unreachable", "message"})
    refused: bool = False
    """apt reached it and does not trust it."""
    unreachable: bool = False
    """The network, the mirror or a proxy did not answer: nothing is known of its signature."""
    failed: bool = False
    """apt failed before it asked any source; the record is that of ``WHOLE``."""
    warned: bool = False
    """apt trusts it, and prints that it will not in the future."""
    message: str = ""
    """What apt prints about it: the decisive line of a refusal."""


class AptSources(Probe[AptSource]):
    """Ask apt for the signed index of every source; the key is its address and suite.

    Sources that are verified are no facts, so that a machine on which all is well has none.
    """

    section = "apt_sources"
    record: ClassVar[type[Record]] = AptSource
    faults = True
    intrusive = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; it needs the network, and 1 to 10 s."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, AptSource]:
        """Return the sources that are not simply verified."""
        states: dict[str, str] = {}
        lines: dict[str, list[str]] = {}
        current = status = ""
        errors: list[str] = []
        for raw in output.split("\n"):
            line = clean(raw.rstrip())
            if not status and (match := _STATUS.fullmatch(line)):
                status = match[1]
            elif match := _FETCHED.fullmatch(line):
                current = f"{match[2]} {match[3]}"
                states[current] = match[1]
                lines.setdefault(current, [])
            elif line.startswith("  ") and states.get(current) == "Err":
                lines[current].append(line.strip())
            elif line[:3] in {"W: ", "E: "} and (source := _named(line, states)):
                lines[source].append(line[3:])
            elif line.startswith("E: "):
                errors.append(line[3:])
        judged = {key: _source(states[key], messages) for key, messages in lines.items()}
        found = {key: source for key, source in judged.items() if source is not None}
        if status in _TIMED_OUT:
            message = f"{WHOLE} did not end within {TIMEOUT_S} s"
            found[WHOLE] = AptSource(unreachable=True, message=message)
        elif status not in ("", "0") and not found:
            message = "\n".join(errors[:3]) or f"exit status {status}, and no error"
            found[WHOLE] = AptSource(failed=True, message=message)
        return found

    @classmethod
    def explain(cls, line: Difference, _before: Facts, after: Facts, /) -> str:
        """Return that a source was out of reach: that is no change of the machine."""
        source = after[cls].get(line.path.removeprefix(f"{cls.section}/"))
        out_of_reach = source is not None and source.unreachable
        return "the source was out of reach: nothing is known of it" if out_of_reach else ""


def _named(line: str, sources: dict[str, str]) -> str:
    """Return the source that a warning or an error names, the most exact one; "" for none."""
    for source in sorted(sources, key=len, reverse=True):
        address, _, suite = source.rpartition(" ")
        inside = suite if suite.endswith("/") else f"dists/{suite}/"
        if f"{address} {suite}" in line or f"{address.rstrip('/')}/{inside}" in line:
            return source
    return ""


def _source(state: str, messages: list[str]) -> AptSource | None:
    decisive = [line for line in messages if _DECISIVE.search(line)]
    if any(_NETWORK.search(line) for line in messages):
        return AptSource(unreachable=True, message="\n".join(messages[:3]))
    if state == "Err" and not messages:
        return AptSource(unreachable=True, message="apt failed, and printed no reason")
    if state == "Err" or any("GPG error" in line or "not signed" in line for line in messages):
        return AptSource(refused=True, message=" ".join((decisive or messages)[0].split()))
    if any(_WARNING.search(line) for line in messages):
        return AptSource(warned=True, message="\n".join(messages[:3]))
    return None
