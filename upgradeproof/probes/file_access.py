"""Whether a change of owner or mode takes something away from users who could use it before.

A narrower mode is an improvement for most files. It breaks another user's job where it takes away
a program, or a configuration file that every program of the package reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from upgradeproof.probes.file_records import File

READ, EXECUTE = 0o4, 0o1
"""Bits of a mode for others than owner and group. To execute a directory is to enter it."""
_PROGRAM = re.compile(r"/(?:[^/]+/)*s?bin/[^/]+")
_SECRET = re.compile("key|pass|secret|token|cred|priv|shadow", re.IGNORECASE)
"""In the path of a file that ought to have been private before, too."""


def is_program(path: str) -> bool:
    """Return whether a path is in a folder of programs: ``/usr/bin``, ``/opt/x/sbin``."""
    return bool(_PROGRAM.fullmatch(path))


def program_closed(path: str, old: File | None, new: File) -> bool:
    """Return whether others can't execute a program any more; ``old`` None: it was ordinary."""
    if new.type != "file" or not is_program(path) or new.bits & EXECUTE:
        return False
    return old is None or (old.type == "file" and bool(old.bits & EXECUTE))


def configuration_closed(path: str, old: File, new: File, before: Mapping[str, File]) -> bool:
    """Return whether others can't read a configuration file, or enter its folder, any more.

    A name like a secret's is left out, and so is a folder that held nothing to be read.
    """
    if not path.startswith("/etc/") or _SECRET.search(path) or old.type != new.type:
        return False
    match new.type:
        case "file":
            return bool(old.bits & READ & ~new.bits)
        case "directory" if old.bits & EXECUTE & ~new.bits:
            return any(
                each.type == "file" and each.bits & READ and not _SECRET.search(name)
                for name, each in before.items()
                if name.startswith(f"{path}/")
            )
    return False
