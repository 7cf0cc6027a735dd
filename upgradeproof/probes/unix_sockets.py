"""Read the unix sockets that processes offer to others, and who may connect to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from upgradeproof.probes.attribution import changed_package, distribution_upgraded
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.owners import UNIT_OWNERS, merged, owner
from upgradeproof.probes.socket_holders import HOLDERS
from upgradeproof.probes.text import clean, number, rows, unit_of

_SCRIPT = (
    HOLDERS
    + r"""
[ -r /proc/net/unix ] || exit 0
sockets=$(awk '
  NR > 1 && ($4 == "00010000" || $5 == "0002" && $8 ~ /^\//) && $8 != "" {
    path = $0; for (i = 0; i < 7; i++) sub(/^[^ ]+ +/, "", path)
    print $7 "\t" $5 "\t" path }' /proc/net/unix |
  head -n 2000)
[ -n "$sockets" ] || exit 0
# A daemon that binds to NAME.PID.tmp and renames the file holds a socket of the first name.
sockets=$(printf '%s\n' "$sockets" | while IFS='	' read -r inode kind path; do
  name=${path%.tmp}; name=${name%.[0-9]*}
  [ "$name" = "$path" ] || [ -e "$path" ] || [ ! -S "$name" ] || path=$name
  printf '%s\t%s\t%s\n' "$inode" "$kind" "$path"
done)
printf '%s\n' "$sockets" | sed 's/^/socket	/'
holders=$(holders "$(printf '%s\n' "$sockets" | cut -f 1)")
printf '%s\n' "$holders"
for pid in $(printf '%s\n' "$holders" | cut -f 3 | sort -u); do
  name=; read -r name 2>/dev/null <"/proc/$pid/comm"
  printf 'process\t%s\t%s\t%s\n' "$pid" "$name" \
    "$(tr '\n' '\t' 2>/dev/null <"/proc/$pid/cgroup")"
done
printf '%s\n' "$sockets" | cut -f 3- | grep '^/' | tr '\n' '\0' |
  xargs -0 -r stat -c 'file	%n	%U	%G	%a' 2>/dev/null
# What a private /tmp holds is looked for in the mounts of its process.
printf '%s\n' "$sockets" | while IFS='	' read -r inode _ path; do
  case $path in /*) [ -e "$path" ] && continue ;; *) continue ;; esac
  pid=$(printf '%s\n' "$holders" | awk -v inode="$inode" '$2 == inode { print $3; exit }')
  [ -z "$pid" ] || stat -c "file	$path	%U	%G	%a" "/proc/$pid/root$path" 2>/dev/null
done
if [ -d /run/systemd/system ]; then
  timeout 20 systemctl show --no-pager --property=Id,Listen '*.socket' | awk -F = '
    $1 == "Id" { id = $2 }
    $1 == "Listen" { sub(/^Listen=/, ""); sub(/ \([A-Za-z]+\)$/, ""); paths[++count] = $0 }
    NF == 0 { for (i = 1; i <= count; i++) print "unit\t" id "\t" paths[i]; count = 0 }
    END { for (i = 1; i <= count; i++) print "unit\t" id "\t" paths[i] }'
fi
"""
    + UNIT_OWNERS
    + "exit 0\n"
)
_KINDS = {"0001": "stream", "0002": "datagram", "0005": "sequential"}
_OF_A_LOGIN = re.compile(r"/run/user/|/tmp/ssh-|/tmp/tmux-|/tmp/\.(?:ICE|X11)-unix/")
_RANDOM = re.compile(
    r"(?<=[-._])(?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])"
    r"[A-Za-z0-9]{6,}(?=[./]|$)|(?=[a-f]*[0-9])[0-9a-f]{8,}"
)
_NO_STABLE_NAME = re.compile(r"[0-9]{3,}|(?=[a-f]*[0-9])[0-9a-f]{5,}")


class UnixSocket(Record):
    """One socket file or abstract name, and what it takes to connect."""

    volatile: ClassVar[frozenset[str]] = frozenset({"process"})
    kind: str
    """``stream``, ``datagram`` or ``sequential``."""
    owner: str = ""
    group: str = ""
    mode: str = ""
    """Octal, as ``0660``; a client needs the right to write. Empty for an abstract socket, which
    has no file, and where the file is gone, so that no client finds it."""
    unit: str = ""
    """Of the process that holds it; the socket unit where systemd listens for a service."""
    process: str = ""
    package: str = ""
    """That brings the unit; empty for a unit of the administrator's."""

    @property
    def access(self) -> str:
        """Return mode, owner and group on one line, as ``ls`` does."""
        return f"{self.mode or 'no file'} {self.owner}:{self.group}".removesuffix(" :")

    @property
    def writers(self) -> tuple[str, str, int | None]:
        """Return who may connect: owner, group, and the bits of the right to write."""
        return self.owner, self.group, int(self.mode, 8) & 0o222 if self.mode else None


class UnixSockets(Probe[UnixSocket]):
    """Read ``/proc/net/unix``: stream sockets that listen, datagram sockets that have a file.

    The key is the path; an abstract name begins with ``@``. Process ids and random parts of names
    are replaced. Left out: sockets of a login, abstract names that look random, and sockets of
    other network namespaces, which are not listed here.
    """

    section = "unix_sockets"
    record: ClassVar[type[Record]] = UnixSocket

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; reading the processes of others needs CAP_SYS_PTRACE."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, UnixSocket]:
        """Return the sockets; of several on one path, as after a restart, the last one counts."""
        found: list[tuple[str, str, str]] = []
        holders: dict[str, int] = {}
        processes: dict[int, tuple[str, str]] = {}
        files: dict[str, tuple[str, str, str]] = {}
        units: dict[str, str] = {}
        owners: dict[str, str] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["socket", inode, kind, path] if kind in _KINDS:
                    found.append((inode, kind, path))
                case ["holder", inode, text] if (pid := number(text)) is not None:
                    holders[inode] = min(pid, holders.get(inode, pid))
                case ["process", text, name, *groups] if (pid := number(text)) is not None:
                    processes[pid] = (name, unit_of("\n".join(groups)))
                case ["file", path, user, group, mode]:
                    files[path] = (user, group, mode.zfill(4))
                case ["unit", unit, path]:
                    units[path] = unit
                case ["owner", package, path]:
                    owners[merged(path).rpartition("/")[2]] = package
        sockets = {}
        for inode, kind, path in found:
            pid = holders.get(inode, 0)
            if not (key := _key(path, pid)):
                continue
            process, unit = processes.get(pid, ("", ""))
            unit = units.get(path, unit) if pid in (0, 1) else unit
            user, group, mode = files.get(path, ("", "", ""))
            sockets[key] = UnixSocket(
                kind=_KINDS[kind],
                owner=user,
                group=group,
                mode=mode,
                unit=unit,
                process=process,
                package=_package(owners, unit),
            )
        return sockets

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return why a socket came, or moved to another unit: its package was upgraded.

        That a socket is gone, or that other users may connect to it, is never explained by that;
        nor, unless the distribution was upgraded, is a new one that every user may connect to.
        """
        key, field = split(line.path, cls.section, before, after)
        record = after.sections.get(cls.section, {}).get(key)
        was = before.sections.get(cls.section, {}).get(key)
        if field == "mode" and isinstance(record, UnixSocket) and isinstance(was, UnixSocket):
            same = record.writers == was.writers
            return "who may write, may connect: these are the same users as before" if same else ""
        if not isinstance(record, UnixSocket) or field not in ("", "unit", "package"):
            return ""
        change = changed_package(record.package, before, after)
        if was is None and (record.writers[2] or 0) & 0o002 and "went from" in change:
            change = change if distribution_upgraded(before, after) else ""
        return (
            f"a socket of {record.unit}, a unit of {record.package}, which {change}"
            if change
            else ""
        )


def split(path: str, section: str, before: Facts, after: Facts) -> tuple[str, str]:
    """Return key and field of a path of the diff; a key may hold slashes itself."""
    rest = path.removeprefix(f"{section}/")
    if any(rest in facts.sections.get(section, {}) for facts in (before, after)):
        return rest, ""
    key, _, field = rest.rpartition("/")
    return key, field


def _key(path: str, pid: int) -> str:
    """Return the path without its random parts; empty for a name that has no other part."""
    if not path.startswith(("/", "@")) or path == "@" or _OF_A_LOGIN.match(path):
        return ""
    if path.startswith("@"):
        return "" if _NO_STABLE_NAME.search(path) else path
    if pid > 1:
        path = re.sub(rf"(?<![0-9]){pid}(?![0-9])", "PID", path)
    # A link on every Debian machine, and which of both a daemon uses changes with its packages.
    return _RANDOM.sub(
        "RANDOM", path.removeprefix("/var") if path.startswith("/var/run/") else path
    )


def _package(owners: Mapping[str, str], unit: str) -> str:
    if unit == "init.scope":
        return owners.get("systemd", "")
    template = re.sub(r"@[^.]*(?=\.\w+$)", "@", unit)
    return owner({unit: owners.get(unit, owners.get(template, ""))}, unit)
