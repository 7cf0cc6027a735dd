"""Read what the kernel complained of since it booted."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.own_kernel import OWN_KERNEL
from upgradeproof.probes.text import clean, general

MAXIMUM_LINES = 5_000
"""The first ones are read: a kernel that complains more often repeats itself."""
MAXIMUM_LENGTH = 300

Kind = Literal[
    "symbol", "version", "format", "signature", "firmware", "taint", "crash", "disk", "memory"
]
_WORDS: dict[Kind, str] = {
    "version": r"disagrees about version of symbol|no symbol version for",
    "symbol": r"unknown symbol",
    "signature": r"required key not available|key was rejected|module verification failed"
    r"|loading of .*rejected|lockdown: .*module",
    "format": r"invalid module format|exec format error|version magic|invalid elf header"
    r"|this_module section size must match",
    "firmware": r"direct firmware load for .* failed|failed to load firmware|firmware: failed",
    "crash": r"(^|\] )bug: |kernel bug at|\boops\b|warning: (cpu: |possible |.*:[0-9]+ at )"
    r"|call trace:"
    r"|general protection fault|kernel panic|soft lockup|blocked for more than"
    r"|unable to handle kernel",
    "disk": r"i/o error|ext4-fs error|xfs .*corruption|btrfs error|remounting filesystem read-only",
    "memory": r"out of memory|invoked oom-killer|page allocation failure",
    "taint": r"taints? kernel|tainting kernel",
}
"""By kind, in the order in which they are tried: a message is of the first kind that fits.

They are read by ``grep -E`` too: what Python's expressions have beyond that must not be used."""
_PATTERNS = {kind: re.compile(words, re.IGNORECASE) for kind, words in _WORDS.items()}
_TIME = re.compile(r"^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ")

_SCRIPT = r"""
output=$(journalctl --dmesg --boot --output=cat --quiet --no-pager 2>/dev/null)
[ -n "$output" ] || output=$(dmesg 2>/dev/null)
printf '%s\n' "$output" | grep -aiE -m LINES 'WORDS' | cut -b -1000
exit 0
"""


class KernelComplaint(Record):
    """One kind of message, without what differs from one boot to the next."""

    volatile: ClassVar[frozenset[str]] = frozenset({"count", "sample"})
    kind: Kind
    count: int
    sample: str
    """The first message as it was."""


class KernelLog(Probe[KernelComplaint]):
    """Read the complaints of the running boot, in the kernel's ring buffer or the journal's copy.

    The key is kind and message with numbers and hexadecimal strings replaced, so that the same
    complaint in both states is the same key. None in a container.
    """

    section = "kernel_log"
    events = True
    record: ClassVar[type[Record]] = KernelComplaint

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; what is no complaint stays on the machine."""
        words = "|".join(_WORDS.values())
        return OWN_KERNEL + _SCRIPT.replace("LINES", str(MAXIMUM_LINES)).replace("WORDS", words)

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, KernelComplaint]:
        """Return the complaints; a line that is none is left out."""
        complaints: dict[str, KernelComplaint] = {}
        for line in clean(output).split("\n"):
            sample = _TIME.sub("", line).strip()[:MAXIMUM_LENGTH]
            kind = next((kind for kind in _PATTERNS if _PATTERNS[kind].search(sample)), None)
            if kind is None:
                continue
            key = f"{kind}: {general(sample)}"
            seen = complaints.get(key)
            complaints[key] = KernelComplaint(
                kind=kind,
                count=seen.count + 1 if seen else 1,
                sample=seen.sample if seen else sample,
            )
        return complaints
