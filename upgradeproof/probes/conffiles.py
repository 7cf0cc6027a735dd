"""Read the configuration files of packages that are not as the package brought them."""

from __future__ import annotations

import re
from typing import ClassVar

from upgradeproof.probes.attribution import distribution_upgraded
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean

_SCRIPT = r"""
owned=$(dpkg-query -W -f 'package ${db:Status-Status} ${Package}\n${Conffiles}\n') || exit 1
printf '%s\n' "$owned" | awk '/^package / || NF > 1'
echo sums
printf '%s\n' "$owned" | sed -n 's|^ \(/.*\) [0-9a-f]\{32\}\( .*\)\{0,1\}$|\1|p' |
  tr '\n' '\0' | xargs -0 -r md5sum 2>/dev/null
exit 0
"""
_OWNED = re.compile(r" (/.+) ([0-9a-f]{32})((?: obsolete| remove-on-upgrade)*)")


class Conffile(Record):
    """One file: what was done to it, and the package that it belongs to."""

    package: str
    state: str
    """``modified``, ``missing``, or ``unmodified`` for one that is only obsolete."""
    obsolete: bool = False
    """The installed version of the package does not bring it any more, or asks to remove it: then
    it is no fact when it is missing."""
    md5: str = ""
    """Of the current file: equal before and after, if the administrator's edit was preserved."""

    @property
    def unused(self) -> bool:
        """Return whether no package brings it any more, and no one edited it."""
        return self.obsolete and self.state == "unmodified"


class Conffiles(Probe[Conffile]):
    """Compare dpkg's sums with the files; only those that differ are facts, keyed by path."""

    section = "conffiles"
    record: ClassVar[type[Record]] = Conffile
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; one ``md5sum`` reads all files."""
        return _SCRIPT

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Attribute to the distribution that it drops a conffile which no administrator edited."""
        path = line.path.removeprefix(f"{cls.section}/")
        name = next((p for p in (path, path.rpartition("/")[0]) if p in after[cls]), "")
        file = after[cls].get(name)
        edited = name in before[cls] and before[cls][name].state == "modified"
        if file is None or not distribution_upgraded(before, after):
            return ""
        if line.path.endswith("/package") and name != path:
            return f"{file.package} brings the file now"
        if edited or not file.unused:
            return ""
        return f"{file.package} does not bring it any more, and dpkg keeps the file unused"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Conffile]:
        """Return the changed files. Those of removed packages are left out: nothing brings them.

        A file that another package brings now is that one's, and obsolete of none.
        """
        owned, _, listed = output.partition("\nsums\n")
        sums = {path: md5 for md5, _, path in (s.partition("  ") for s in listed.split("\n"))}
        files: dict[str, Conffile] = {}
        brought_now: set[str] = set()
        package, installed = "", False
        for line in owned.split("\n"):
            if line.startswith("package "):
                _, status, package = [*line.split(" "), "", ""][:3]
                installed = status != "config-files"
            elif installed and (match := _OWNED.fullmatch(line)):
                path, brought, flags = match.groups()
                md5 = sums.get(path, "")
                state = "unmodified" if md5 == brought else "modified" if md5 else "missing"
                if state == "missing" and flags:
                    continue
                if not flags:
                    brought_now.add(clean(path))
                if flags or state != "unmodified":
                    files[clean(path)] = Conffile(
                        package=package, state=state, obsolete=bool(flags), md5=md5
                    )
        return {
            path: file
            for path, file in files.items()
            if not (file.obsolete and path in brought_now)
        }
