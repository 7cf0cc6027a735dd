"""Read the rules of the packet filter."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean

_SCRIPT = r"""
container=
for mark in /run/systemd/container /.dockerenv /run/.containerenv; do
  [ ! -e "$mark" ] || container=1
done
rules=
if [ -n "$container" ] || [ -d /sys/module/nf_tables ] ||
  grep -qs '/nf_tables\.ko' "/lib/modules/$(uname -r)/modules.builtin"
then
  if command -v nft >/dev/null; then
    rules=$(timeout 20 nft --stateless list ruleset 2>&1) || {
      case "$container$rules" in
        1*'not permitted'*|1*'not supported'*) rules= ;;
        *) rules="$rules
status 1" ;;
      esac
    }
    printf '%s\n' "$rules"
  else
    rules='table ip table ip6 '
  fi
fi
saved() {
  command -v "$2" >/dev/null || return 0
  printf 'saved %s\n' "$1"
  timeout 20 "$2" 2>/dev/null
}
case "$rules" in *'table ip '*) saved ip iptables-nft-save ;; esac
case "$rules" in *'table ip6 '*) saved ip6 ip6tables-nft-save ;; esac
! grep -qs . /proc/net/ip_tables_names || saved ip-legacy iptables-legacy-save
! grep -qs . /proc/net/ip6_tables_names || saved ip6-legacy ip6tables-legacy-save
exit 0
"""
_TABLE = re.compile(r"table (\w+) (\S+) \{.*")
_STATUS = re.compile(r"status \d+")
_SET = re.compile(r"\{ ([^{}]*?) ?\}")
_HANDLE = re.compile(r" # handle \d+$")
_BURST = re.compile(r" burst 5 packets\b")
"""The default of a limit, which nft prints from 1.1 on."""
_COUNTER = re.compile(r"\bcounter packets \d+ bytes \d+")
_SAVED = re.compile(r"saved (ip6?(?:-legacy)?)")
_POLICY = re.compile(r"(:\S+ \S+) \[\d+:\d+\]")


class FilterTable(Record):
    """One table of nftables; those that ``iptables-nft`` makes are here too."""

    volatile: ClassVar[frozenset[str]] = frozenset({"rules"})
    sha256: str = ""
    """Of the rules, as they are below."""
    rules: tuple[str, ...] = ()
    """Every line without indentation, counters' values and handles; elements of sets sorted."""
    problem: str = ""
    """Why there are no rules to read, in nft's words."""


class PacketFilter(Probe[FilterTable]):
    """Read the tables, keyed ``inet/filter``; ``ruleset`` where nft could not list them.

    On a kernel of its own nothing is asked while the module ``nf_tables`` is not loaded: there are
    no rules then, and to ask would load it. A container has rules of its own in its own network
    namespace. A table that iptables made is read in the words of ``iptables-save``, which are the
    same in every version; tables of the legacy iptables are keyed ``ip-legacy/filter``.
    """

    section = "firewall"
    record: ClassVar[type[Record]] = FilterTable

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, FilterTable]:
        """Return the tables; what is outside of any is nft's error message."""
        listed, *saved = re.split(r"^(?=saved ip)", clean(output), flags=re.MULTILINE)
        tables, complaints = _listed(listed)
        for part in saved:
            tables |= _saved(part)
        records = {
            key: FilterTable(
                sha256=hashlib.sha256("\n".join(rules).encode()).hexdigest(), rules=tuple(rules)
            )
            for key, rules in tables.items()
            if rules is not None
        }
        if complaints:
            records["ruleset"] = FilterTable(problem="\n".join(complaints[:5]))
        return records


def _listed(text: str) -> tuple[dict[str, list[str] | None], list[str]]:
    """Return the tables in nft's words, and its complaints."""
    tables: dict[str, list[str] | None] = {}
    complaints: list[str] = []
    current: list[str] | None = None
    for line in _whole(text.split("\n")):
        rule = _normal(line)
        if table := _TABLE.fullmatch(rule):
            current = tables[f"{table[1]}/{table[2]}"] = []
        elif line == "}":
            current = None
        elif rule and not rule.startswith("#"):
            (complaints if current is None or _STATUS.fullmatch(line) else current).append(rule)
    return tables, complaints


def _saved(text: str) -> dict[str, list[str] | None]:
    """Return the tables in the words of iptables-save; None for one that lets everything pass."""
    first, *lines = text.split("\n")
    family = _SAVED.fullmatch(first)
    tables: dict[str, list[str] | None] = {}
    rules: list[str] = []
    for line in lines if family else ():
        if line.startswith("*") and family:
            rules = []
            tables[f"{family[1]}/{line[1:]}"] = rules
        elif line.startswith((":", "-A ")):
            rules.append(_POLICY.sub(r"\1", line))
    return {
        key: rules if any(not re.fullmatch(r":[A-Z]+ ACCEPT", rule) for rule in rules) else None
        for key, rules in tables.items()
        if rules is not None
    }


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines, those of a set that is longer than a line as one."""
    begun = ""
    for line in lines:
        begun += f" {line}" if begun else line
        if begun.count("{") > begun.count("}") and not begun.rstrip().endswith("{"):
            continue
        yield begun
        begun = ""
    yield from filter(None, [begun])


def _normal(line: str) -> str:
    """Return a line as every version of nft would print it, as far as its words are the same."""
    text = _HANDLE.sub("", " ".join(line.split()))
    text = _BURST.sub("", _COUNTER.sub("counter", text))
    return _SET.sub(lambda match: f"{{ {', '.join(sorted(re.split(', ?', match[1])))} }}", text)
