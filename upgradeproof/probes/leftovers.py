"""Read the configuration files that dpkg and ucf left next to those in use."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.attribution import distribution_upgraded
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean

KINDS = (
    "dpkg-old",
    "dpkg-dist",
    "dpkg-new",
    "dpkg-tmp",
    "dpkg-bak",
    "ucf-dist",
    "ucf-old",
    "ucf-new",
)
"""Suffixes from dpkg(1), dpkg-maintscript-helper(1) and ucf(1)."""

ASIDE = frozenset({"dpkg-dist", "ucf-dist"})
"""Of these, what is put next to a file that an administrator edited and that stays in use."""


class Leftover(Record):
    """One file; ``dpkg-dist`` and ``ucf-dist`` show that the administrator's version is in use."""

    kind: str


class Leftovers(Probe[Leftover]):
    """Read the leftovers under ``/etc``; the key is the path."""

    section = "leftovers"
    record: ClassVar[type[Record]] = Leftover
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; paths end with NUL, since a name may hold a newline."""
        names = " -o ".join(f"-name '*.{kind}'" for kind in KINDS)
        return f"find /etc -xdev ! -type d \\( {names} \\) -print0"

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Attribute to the distribution that a package's version is next to the one in use.

        What was in use and was put aside (``dpkg-bak``) is for an administrator to look at.
        """
        kind = line.path.rpartition(".")[2]
        if line.after is None or kind not in ASIDE or not distribution_upgraded(before, after):
            return ""
        return "the file in use stays, and the package's new version is put next to it"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Leftover]:
        """Return the leftovers by path."""
        return {
            clean(path): Leftover(kind=path.rpartition(".")[2])
            for path in output.split("\0")
            if path.endswith(KINDS)
        }
