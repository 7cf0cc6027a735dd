"""Read what lies in the folders of temporary files: scripts of packages leave files there."""

from __future__ import annotations

import re
from typing import ClassVar

from upgradeproof.probes.attribution import distribution_upgraded
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, rows

_SCRIPT = r"""
find /tmp/. /var/tmp/. -xdev -mindepth 1 -maxdepth 1 \( -type f -o -type d \) \
  ! -name 'systemd-private-*' ! -name '.*-unix' ! -name '*[[:cntrl:]]*' \
  -printf '%p\t%y\t%u\t%m\n' 2>/dev/null | LC_ALL=C sort | head -n 200
exit 0
"""
_TYPES = {"f": "file", "d": "directory"}
_RANDOM = re.compile(r"(?<=[._-])(?=\w*[A-Z0-9])\w{6,}(?=$|\.)|\d{3,}")


class TemporaryFile(Record):
    """One file or folder."""

    type: str
    owner: str
    mode: str


class TemporaryFiles(Probe[TemporaryFile]):
    """Read the first level of ``/tmp`` and ``/var/tmp``; the key is the path.

    Numbers and random parts of a name are replaced by ``RANDOM``. What went is no difference.
    """

    section = "temporary_files"
    record: ClassVar[type[Record]] = TemporaryFile
    departures = False

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; it enters the folders, which may be links."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, TemporaryFile]:
        """Return the files by path."""
        found = {}
        for cells in rows(clean(output)):
            match cells:
                case [path, kind, owner, mode] if kind in _TYPES:
                    folder, _, name = path.replace("/./", "/").rpartition("/")
                    key = f"{folder}/{_RANDOM.sub('RANDOM', name)}"
                    found[key] = TemporaryFile(type=_TYPES[kind], owner=owner, mode=mode.zfill(4))
        return found

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return that hundreds of packages' scripts ran, where the distribution was upgraded."""
        known = distribution_upgraded(before, after) or line.before is not None
        return "is a temporary file of the upgrade, or in use" if known else ""
