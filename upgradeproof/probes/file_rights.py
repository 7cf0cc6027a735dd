"""Whether a change of owner or mode gives anyone more rights than before."""

from __future__ import annotations

import re
from functools import reduce
from operator import or_

from upgradeproof.probes.file_records import File

_STATE = ("/var/lib", "/var/cache", "/var/log", "/var/spool")
"""Where services write: systemd's StateDirectory, CacheDirectory, LogsDirectory, and spools."""


def data_written(field: str, old: File, new: File) -> str:
    """Return why what a folder of data holds differs: it was empty, or no one may do more in it."""
    if old.entries == 0:
        return "was empty before"
    open_to_others = {
        kind: reduce(or_, (int(mode, 8) for mode in _modes_of(kind, old)), 0)
        for kind in ("file", "directory")
    }
    looser = any(
        int(mode, 8) & 0o066 & ~rights
        for kind, rights in open_to_others.items()
        for mode in _modes_of(kind, new)
    )
    return "" if field == "owners" or looser else "is written every day; no mode is looser"


def _modes_of(kind: str, folder: File) -> set[str]:
    found = (entry.rpartition(" ") for entry in folder.modes)
    return {mode for name, _, mode in found if name == kind and re.fullmatch("[0-7]+", mode)}


def looser(old: File, new: File) -> bool:
    """Return whether a mode gives others more rights, or changes a program's privileges."""
    privileges = 0o6000 if {old.type, new.type} & {"file"} else 0
    return bool((old.bits ^ new.bits) & privileges or new.bits & ~old.bits & 0o066)


def is_given_to_its_account(path: str, old: str, new: str) -> bool:
    """Return whether root's folder of a service's data belongs to the service's own account now.

    Folder and account have one name, as in ``/var/lib/varnish``: systemd gives a StateDirectory to
    the unit's user. Data of any other user than root is never given away like that.
    """
    name = new.removeprefix("_")
    return old == "root" and path in {f"{folder}/{name}" for folder in _STATE}
