"""Read the SHA-256 of the files that the packages under test were installed from."""

from __future__ import annotations

import re
import shlex
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, rows

# apt installs only a file whose sum is the one in the signed lists, and that is what is printed.
# The record of dpkg itself has no sum.
_SCRIPT = r"""
dpkg-query -W -f '${db:Status-Status}\t${binary:Package}=${Version}\n' -- %s 2>/dev/null |
  awk -F '\t' '$1 == "installed" { print $2 }' |
  xargs -r apt-cache show --no-all-versions 2>/dev/null | awk '
  function flush() {
    if (name != "") print "file\t" name "\t" version "\t" architecture "\t" sum
    name = version = architecture = sum = "" }
  /^Package: / { flush(); name = $2 }
  /^Version: / { version = $2 }
  /^Architecture: / { architecture = $2 }
  /^SHA256: / { sum = $2 }
  END { flush() }'
exit 0
"""
_SUM = re.compile(r"[0-9a-f]{64}")


class PackageFile(Record):
    """The file of an installed package, as the archive that offers this version lists it."""

    volatile: ClassVar[frozenset[str]] = frozenset({"version", "architecture", "sha256"})
    version: str
    architecture: str
    sha256: str = ""
    """Empty: no list of apt offers the version, or several files of this version are offered."""


class PackageFiles(Probe[PackageFile]):
    """Ask apt's lists for the packages that the releases name; the key is the package's name.

    A package that was installed by dpkg alone has no sum. Files alone are read, so that a cached
    state has them, too.
    """

    section = "package_files"
    record: ClassVar[type[Record]] = PackageFile
    arrivals = False
    departures = False
    on_disk = True

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; without a package under test it does nothing."""
        return _SCRIPT % shlex.join(inputs.packages) if inputs.packages else ":"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, PackageFile]:
        """Return the files; of a version that two archives offer in different files, no sum."""
        found: dict[tuple[str, str, str], set[str]] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["file", name, version, architecture, sha256]:
                    sums = found.setdefault((name, version, architecture), set())
                    sums |= {sha256} if _SUM.fullmatch(sha256) else set()
        return {
            name: PackageFile(
                version=version,
                architecture=architecture,
                sha256=next(iter(sums)) if len(sums) == 1 else "",
            )
            for (name, version, architecture), sums in found.items()
        }
