"""Read what the administrator set with dpkg-statoverride, and what the files have."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, rows

_SCRIPT = r"""
dpkg-statoverride --list 2>/dev/null | while read -r owner group mode path; do
  printf 'override\t%s\t%s\t%s\t%s\n' "$owner" "$group" "$mode" "$path"
  number=%U; name=%G
  case $owner in '#'*) number='#%u';; esac
  case $group in '#'*) name='#%g';; esac
  stat -c "file	$number	$name	%a	$path" -- "$path" 2>/dev/null
done
exit 0
"""


class Override(Record):
    """One override. No field is a change: packages set some, and a check compares the files."""

    volatile: ClassVar[frozenset[str]] = frozenset(
        {"owner", "group", "mode", "file_owner", "file_group", "file_mode"}
    )
    owner: str
    """A user's name; ``#`` and a number for one without a name, as dpkg writes it."""
    group: str
    mode: str
    """Octal, as dpkg writes it: ``4750``."""
    file_owner: str = ""
    """Of the file; empty: there is none. Links in the path's folders are followed."""
    file_group: str = ""
    file_mode: str = ""

    @property
    def sets(self) -> str:
        """Return what it sets: ``4750 root:adm``."""
        return f"{self.mode} {self.owner}:{self.group}"

    @property
    def has(self) -> str:
        """Return what the file has, or "": there is none."""
        return f"{self.file_mode} {self.file_owner}:{self.file_group}" if self.file_mode else ""

    def holds_for(self, file: Override) -> bool:
        """Return whether the file of an override of the same path is as this one sets."""
        owners = (file.file_owner, file.file_group)
        return owners == (self.owner, self.group) and _bits(file.file_mode) == _bits(self.mode)


class Overrides(Probe[Override]):
    """Ask dpkg for its overrides; the key is the path as the administrator wrote it."""

    section = "overrides"
    record: ClassVar[type[Record]] = Override
    on_disk = True
    arrivals = False
    departures = False

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Override]:
        """Return the overrides by path."""
        found: dict[str, Override] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["override", owner, group, mode, path]:
                    found[path] = Override(owner=owner, group=group, mode=mode)
                case ["file", owner, group, mode, path] if path in found:
                    now = {"file_owner": owner, "file_group": group, "file_mode": mode}
                    found[path] = found[path].model_copy(update=now)
        return found


def _bits(mode: str) -> int | None:
    try:
        return int(mode, 8)
    except ValueError:
        return None
