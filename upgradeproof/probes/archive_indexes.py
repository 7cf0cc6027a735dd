"""Read the signed indexes of apt's package lists: which snapshot of each archive was installed."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, rows

_SCRIPT = r"""
cd /var/lib/apt/lists 2>/dev/null || exit 0
for file in *InRelease *_Release; do
  [ -f "$file" ] || continue
  sum=$(sha256sum <"$file") || exit 1
  printf 'index\t%s\t%s\n' "$file" "${sum%% *}"
  FILE=$file awk '
    /^(Origin|Label|Suite|Codename|Date): / {
      field = $1; sub(/:$/, "", field); sub(/^[^:]*: /, "")
      print "field\t" ENVIRON["FILE"] "\t" field "\t" $0 }
    /^(MD5Sum|SHA256):/ { exit }' "$file"
done
exit 0
"""
_FIELDS = frozenset({"origin", "label", "suite", "codename", "date"})


class IndexFile(Record):
    """One signed index; the archive may publish another one at any time, so all is volatile."""

    volatile: ClassVar[frozenset[str]] = frozenset({"sha256", *_FIELDS})
    sha256: str
    """Of the file. It covers the sums of all package lists, and so those of every package."""
    origin: str = ""
    label: str = ""
    suite: str = ""
    codename: str = ""
    date: str = ""
    """When the archive made it: UTC, ISO 8601; empty: not known."""

    @property
    def security(self) -> bool:
        """Return whether the archive publishes security updates there."""
        names = (self.suite, self.codename, self.label)
        return any("security" in name.lower() for name in names)


class ArchiveIndexes(Probe[IndexFile]):
    """Read the files ``InRelease`` and ``Release``; the key is the file's name in apt's folder.

    None where the package lists were removed. Files alone are read, so that a cached state has
    them, too.
    """

    section = "archive_indexes"
    record: ClassVar[type[Record]] = IndexFile
    arrivals = False
    departures = False
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, IndexFile]:
        """Return the indexes."""
        found: dict[str, dict[str, str]] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["index", name, sha256]:
                    found[name] = {"sha256": sha256}
                case ["field", name, field, value] if name in found and field.lower() in _FIELDS:
                    text = _iso(value) if field == "Date" else value.strip()
                    found[name].setdefault(field.lower(), text)
        return {name: IndexFile.model_validate(fields) for name, fields in found.items()}


def _iso(date: str) -> str:
    """Return a date of an index in ISO 8601, UTC; of what is none: nothing."""
    try:
        found = parsedate_to_datetime(date)
    except ValueError:
        return ""
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC).isoformat()
