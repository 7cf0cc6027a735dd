"""Read the mounted file systems and their space."""

from __future__ import annotations

import re
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, number

_SCRIPT = r"""
cat /proc/self/mountinfo
echo bytes; timeout 10 df -P -B 1 2>/dev/null
echo inodes; timeout 10 df -P -i 2>/dev/null
exit 0
"""
_LINE = re.compile(r"\d+ \d+ \S+ \S+ (\S+) (\S+)(?: \S+)*? - (\S+) (\S+) (\S+).*")
_ESCAPE = re.compile(r"\\([0-7]{3})")
_SPACE = re.compile(r"\S+ +(\d+|-) +(\d+|-) +(-?\d+|-) +\S+ (/.*)")
_TRANSIENT = re.compile(r"/run/(?:user|credentials|docker|upgradeproof)[./].*")
_OF_THE_HOST = frozenset({"cgroup", "cgroup2"})
"""A container's systemd mounts every hierarchy that its host has at that moment."""


class Mount(Record):
    """What is mounted on one folder or file.

    Options of the file system itself (a container's layers, a size) are volatile: they name what
    is outside the machine. Options of the mount (``ro``, ``nosuid``) count.
    """

    volatile: ClassVar[frozenset[str]] = frozenset(
        {
            "file_system_options",
            "used_bytes",
            "available_bytes",
            "used_inodes",
            "available_inodes",
        }
    )
    source: str
    file_system: str
    options: tuple[str, ...]
    file_system_options: str = ""
    used_bytes: int | None = None
    available_bytes: int | None = None
    used_inodes: int | None = None
    available_inodes: int | None = None


class Mounts(Probe[Mount]):
    """Read the topmost mount of every target, but for logins, services and cgroup controllers."""

    section = "mounts"
    record: ClassVar[type[Record]] = Mount

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; ``df`` is cut off where a network file system hangs."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Mount]:
        """Return the mounts; lines are as in proc_pid_mountinfo(5), others are left out."""
        table, _, rest = output.partition("\nbytes\n")
        in_bytes, _, in_inodes = rest.partition("inodes\n")
        space, inodes = _space(in_bytes), _space(in_inodes)
        mounts: dict[str, Mount] = {}
        for line in table.split("\n"):
            match = _LINE.fullmatch(line)
            if match is None:
                continue
            escaped, options, file_system, source, file_system_options = match.groups()
            target = _plain(escaped)
            if file_system in _OF_THE_HOST or _TRANSIENT.fullmatch(target):
                continue
            used, available = space.get(target, (None, None))
            used_inodes, available_inodes = inodes.get(target, (None, None))
            mounts[target] = Mount(
                source=_plain(source),
                file_system=file_system,
                options=tuple(sorted(options.split(","))),
                file_system_options=clean(file_system_options),
                used_bytes=used,
                available_bytes=available,
                used_inodes=used_inodes,
                available_inodes=available_inodes,
            )
        return mounts


def _space(table: str) -> dict[str, tuple[int | None, int | None]]:
    """Return used and available by target, from ``df -P``; a dash is None."""
    matches = (_SPACE.fullmatch(line) for line in table.split("\n"))
    return {match[4]: (number(match[2]), number(match[3])) for match in matches if match}


def _plain(name: str) -> str:
    """Undo the kernel's octal escapes of blanks."""
    return clean(_ESCAPE.sub(lambda match: chr(int(match[1], 8)), name))
