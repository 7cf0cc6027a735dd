"""Read the processes that still run files which were deleted or replaced under them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from upgradeproof.probes import interpreters
from upgradeproof.probes.attribution import distribution_upgraded
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.services import Services
from upgradeproof.probes.text import clean, number, rows, unit_of

_SCRIPT = r"""
mine=$(cat /proc/$$/cgroup); pid=$$
while [ "${pid:-0}" -gt 1 ] && [ "$(cat /proc/$pid/cgroup)" = "$mine" ]; do
  printf 'own\t%s\n' "$pid"
  pid=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$pid/status)
done
session() { read -r line 2>/dev/null <"/proc/$1/stat" && set -- ${line##*) } && echo "$4"; }
ours=$(session $$)
found=$(find /proc/[0-9]* -maxdepth 1 -name exe -lname '*(deleted)' \
    -printf 'file\t%h\t%l\n' 2>/dev/null | sed 's|/proc/||'
  grep -sHE '^[0-9a-f]+-[0-9a-f]+ ..x. .* \(deleted\)$' /proc/[0-9]*/maps |
    sed -n 's|^/proc/\([0-9]*\)/maps:[^/]*\(/.*\)|file\t\1\t\2|p')
INTERPRETED
archives=$(find /proc/[0-9]*/fd -lname '*.[jw]ar (deleted)' -printf 'archive\t%h\t%l\n' \
  2>/dev/null | sed 's|/proc/\([0-9]*\)/fd|\1|')
found=$(printf '%s\n%s\n%s\n' "$found" "$scripts" "$archives" | grep .) || exit 0
printf '%s\n' "$found" | sort -u
for pid in $(printf '%s\n' "$found" | cut -f 2 | sort -u); do
  [ "$(session "$pid")" != "$ours" ] || continue
  printf 'process\t%s\t%s\t%s\n' "$pid" "$(readlink /proc/$pid/exe)" \
    "$(tr '\n' '\t' 2>/dev/null </proc/$pid/cgroup)"
done
exit 0
"""
_NO_FILES = re.compile(
    r"/(?:memfd:|dev/|SYSV|\[aio\]|anon_hugepage|i915|drm |tmp/|var/tmp/|run/|proc/|var/log/).*"
    r"|/usr/bin/qemu-[a-z0-9_]+(?:-static)?(?: \(deleted\))?"
)
"""Memory that the kernel shows as a deleted file, files that live to be deleted, and the host's
emulator of another architecture: a host that has replaced it shows the old one as deleted."""
_SUFFIX = " (deleted)"


def _of_initramfs(path: str, control_groups: Sequence[str]) -> bool:
    """Return whether a process is the initramfs's own udev: it is in no unit of the system."""
    udev = path.removesuffix(_SUFFIX).endswith(("/udevadm", "/systemd-udevd"))
    return udev and not unit_of("\n".join(control_groups))


class StaleProcess(Record):
    """The processes of one unit, or of one executable outside any service."""

    volatile: ClassVar[frozenset[str]] = frozenset({"pids"})
    executables: tuple[str, ...]
    deleted: tuple[str, ...]
    """Executables and libraries that run and are gone from the disk, sorted."""
    replaced: tuple[str, ...] = ()
    """Scripts that changed, or went, after their interpreter had started with them, and archives of
    Java programs that are open and gone from the disk, sorted."""
    pids: tuple[int, ...]

    @property
    def old(self) -> tuple[str, ...]:
        """Return all that runs and is not what is on the disk."""
        return (*self.deleted, *self.replaced)


class Stale(Probe[StaleProcess]):
    """Find what ``needrestart`` finds: programs that must be restarted; keyed by unit.

    dpkg replaces a file by renaming a new one over it, and the kernel then shows the old one as
    ``(deleted)``, on overlayfs too. A file overwritten in place is not seen, but for a script: the
    first argument of Python, Perl, Ruby or a shell. What it imports is not looked for, but a
    package's files are unpacked together. The shell through which we look is left out with its
    session, and its parents in the same control group.
    """

    section = "stale"
    faults = True
    record: ClassVar[type[Record]] = StaleProcess

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Explain a unit that nothing restarts in an upgrade of the distribution.

        Its own program is what is on the disk, and only libraries of others were replaced; or no
        package brings the unit. The reboot that ends such an upgrade restarts it.
        """
        key = line.path.removeprefix(f"{cls.section}/")
        unit = key if key in after[cls] else key.rpartition("/")[0]
        process, service = after[cls].get(unit), after[Services].get(unit)
        if process is None or service is None or not distribution_upgraded(before, after):
            return ""
        if service.package and (process.replaced or {*process.executables} & {*process.deleted}):
            return ""
        return "nothing restarts it: the reboot that ends an upgrade of the distribution does"

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; reading the processes of others needs CAP_SYS_PTRACE."""
        return _SCRIPT.replace("INTERPRETED", interpreters.SCRIPT)

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, StaleProcess]:
        """Return the processes by unit; one that ended meanwhile is left out."""
        own: set[str] = set()
        files: dict[str, set[str]] = {}
        processes: dict[str, tuple[str, str]] = {}
        lines = list(rows(clean(output)))
        scripts: dict[str, set[str]] = {}
        for pid, path in interpreters.replaced(lines):
            if not _NO_FILES.fullmatch(path):
                scripts.setdefault(pid, set()).add(path)
        for cells in lines:
            match cells:
                case ["own", pid]:
                    own.add(pid)
                case ["file", pid, path] if not _NO_FILES.fullmatch(path):
                    files.setdefault(pid, set()).add(path.removesuffix(_SUFFIX))
                case ["archive", pid, path] if not _NO_FILES.fullmatch(path):
                    scripts.setdefault(pid, set()).add(path.removesuffix(_SUFFIX))
                case ["process", _, path, *groups] if _of_initramfs(path, groups):
                    continue  # it is about to end, on a slow machine a little later
                case ["process", pid, path, *control_groups] if path:
                    unit = unit_of("\n".join(control_groups))
                    executable = path.removesuffix(_SUFFIX)
                    key = unit if unit.endswith(".service") else executable
                    processes[pid] = (key, executable)
        by_unit: dict[str, list[str]] = {}
        for pid in (files.keys() | scripts.keys()) & processes.keys() - own:
            by_unit.setdefault(processes[pid][0], []).append(pid)
        return {
            key: StaleProcess(
                executables=tuple(sorted({processes[pid][1] for pid in pids})),
                deleted=_all(files, pids),
                replaced=_all(scripts, pids),
                pids=tuple(sorted(number(pid) or 0 for pid in pids)),
            )
            for key, pids in by_unit.items()
        }


def _all(found: Mapping[str, set[str]], pids: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({path for pid in pids for path in found.get(pid, ())}))
