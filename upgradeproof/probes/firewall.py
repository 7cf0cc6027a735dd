"""Read the rules of the packet filter."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from upgradeproof.probes.base import Interests, Probe, Record
from upgradeproof.probes.own_kernel import OWN_KERNEL
from upgradeproof.probes.text import clean

_SCRIPT = r"""
command -v nft >/dev/null || exit 0
[ -d /sys/module/nf_tables ] ||
  grep -qs '/nf_tables\.ko' "/lib/modules/$(uname -r)/modules.builtin" || exit 0
nft --stateless list ruleset 2>&1 || echo "status $?"
exit 0
"""
_TABLE = re.compile(r"table (\w+) (\S+) \{.*")
_STATUS = re.compile(r"status \d+")
_SET = re.compile(r"\{ ([^{}]*) \}")
_HANDLE = re.compile(r" # handle \d+$")
_BURST = re.compile(r" burst 5 packets\b")
"""The default of a limit, which nft prints from 1.1 on."""
_COUNTER = re.compile(r"\bcounter packets \d+ bytes \d+")


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

    Nothing is asked while the module ``nf_tables`` is not loaded: there are no rules then, and to
    ask would load it. None in a container.
    """

    section = "firewall"
    record: ClassVar[type[Record]] = FilterTable

    @classmethod
    def script(cls, _interests: Interests, /) -> str:
        """Return the script."""
        return OWN_KERNEL + _SCRIPT

    @classmethod
    def parse(cls, output: str, _interests: Interests, /) -> dict[str, FilterTable]:
        """Return the tables; what stands outside of any is nft's complaint."""
        tables: dict[str, list[str]] = {}
        complaints: list[str] = []
        current: list[str] | None = None
        for line in _whole(clean(output).split("\n")):
            text = _normal(line)
            if table := _TABLE.fullmatch(text):
                current = tables.setdefault(f"{table[1]}/{table[2]}", [])
            elif line == "}":
                current = None
            elif text and not text.startswith("#"):
                (complaints if current is None or _STATUS.fullmatch(line) else current).append(text)
        records = {
            key: FilterTable(
                sha256=hashlib.sha256("\n".join(rules).encode()).hexdigest(), rules=tuple(rules)
            )
            for key, rules in tables.items()
        }
        if complaints:
            records["ruleset"] = FilterTable(problem="\n".join(complaints[:5]))
        return records


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
    return _SET.sub(lambda match: f"{{ {', '.join(sorted(match[1].split(', ')))} }}", text)
