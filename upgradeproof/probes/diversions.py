"""Read dpkg's diversions: files of packages that are put elsewhere for another one's."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.attribution import changed_package, distribution_upgraded
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.owners import merged
from upgradeproof.probes.text import clean
from upgradeproof.probes.unix_sockets import split

_LINES = 3
"""Of a diversion in dpkg's file: the path, the path in its place, and the package."""


class Diversion(Record):
    """One diversion."""

    to: str
    """Where the file of the package is put instead."""
    package: str = ""
    """Whose file takes the place; empty: the administrator's own."""


class Diversions(Probe[Diversion]):
    """Read ``/var/lib/dpkg/diversions``; the key is the path of the file that is diverted."""

    section = "diversions"
    record: ClassVar[type[Record]] = Diversion
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return "cat /var/lib/dpkg/diversions 2>/dev/null; exit 0"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Diversion]:
        """Return the diversions by path."""
        lines = clean(output).split("\n")
        cells = zip(lines[::_LINES], lines[1::_LINES], lines[2::_LINES], strict=False)
        return {
            merged(path): Diversion(to=merged(to), package="" if package == ":" else package)
            for path, to, package in cells
            if path.startswith("/")
        }

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return which package made or ended a diversion.

        Unless the distribution was upgraded, a package that was there before makes no new one:
        it takes the place of another one's file.
        """
        key, _ = split(line.path, cls.section, before, after)
        record = after[cls].get(key) or before[cls].get(key)
        change = changed_package(record.package, before, after) if record else ""
        ends = line.after is None or "was installed" in change
        known = change and (ends or distribution_upgraded(before, after))
        return f"is of {record.package}, which {change}" if record and known else ""
