"""Files that services wrote a short time ago, and which users may read or write them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping

from upgradeproof.machines import Machine
from upgradeproof.probes.text import clean, rows

FOLDERS = ("/etc", "/home", "/opt", "/root", "/run", "/srv", "/usr/local", "/var")
RECENT_MIN = 60
"""In minutes, which is longer than a clone exists; older files were read with the facts."""
MAX_FILES = 5000
MAX_FOLDERS = 500
TIMEOUT_S = 60.0
OTHERS_WRITE = 0o002
_OPEN = 0o066
"""Read or write, for the group or for all users."""
_SCRIPT = r"""
timeout 50 find WHICH -printf 'file\t%m\t%p\n' 2>/dev/null | head -n MAX_FILES
exit 0
"""


def written_files(machine: Machine, folders: Iterable[str] = FOLDERS) -> dict[str, int]:
    """Return the modes of the files below the folders that were written in the last hour."""
    return _modes(machine, f"{shlex.join(folders)} -xdev -type f -mmin -{RECENT_MIN}")


def files_next_to(machine: Machine, paths: Iterable[str]) -> dict[str, int]:
    """Return the modes of all files in the folders of these paths."""
    folders = sorted({path.rpartition("/")[0] or "/" for path in paths})
    if not folders:
        return {}
    return _modes(machine, f"{shlex.join(folders[:MAX_FOLDERS])} -maxdepth 1 -type f")


def _modes(machine: Machine, which: str) -> dict[str, int]:
    script = _SCRIPT.replace("MAX_FILES", str(MAX_FILES)).replace("WHICH", which)
    found = {}
    for cells in rows(clean(machine.run(script, timeout_s=TIMEOUT_S).text)):
        match cells:
            case ["file", mode, path] if re.fullmatch("[0-7]+", mode):
                found[path] = int(mode, 8)
    return found


def opened_up(
    before: Mapping[str, int], after: Mapping[str, int], *, any_bit: bool
) -> dict[str, str]:
    """Return the files that more users may read or write than before, with what they may do now.

    Files whose names differ in numbers only count as one: a file may be named after a day or a
    process. One that was not there before counts only if all users may write it. ``any_bit``: one
    that was there also counts if the group or all users may read it, or the group may write it.
    """
    allowed: dict[str, int] = {}
    for path, mode in before.items():
        allowed[_name(path)] = allowed.get(_name(path), 0) | mode
    found = {}
    for path, mode in after.items():
        was = allowed.get(_name(path))
        gained = mode & ~(was or 0)
        if gained & OTHERS_WRITE:
            found[path] = f"all users may write {path} (mode {mode:04o})"
        elif any_bit and was is not None and gained & _OPEN:
            found[path] = f"the mode of {path} is {mode:04o}, and was {was:04o}"
    return found


def _name(path: str) -> str:
    return re.sub(r"\d+", "N", path)
