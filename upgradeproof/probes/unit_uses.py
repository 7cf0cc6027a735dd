"""Which paths a service has open, or names in its configuration, that a sandbox could take away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

USES = r"""
opened=$(find /proc/[0-9]*/fd \( -lname '/home/*' -o -lname '/root/*' -o -lname '/tmp/*' \
  -o -lname '/var/*' -o -lname '/usr/*' -o -lname '/etc/*' -o -lname '/boot/*' -o -lname '/srv/*' \
  -o -lname '/opt/*' -o -lname '/run/user/*' -o -lname '/dev/*' \) ! -lname '* (deleted)' \
  ! -lname '/dev/pts/*' ! -lname '/dev/null' ! -lname '/dev/*random' ! -lname '/dev/shm/*' \
  -printf '%p\t%l\n' 2>/dev/null | head -n 3000)
[ -z "$opened" ] || {
  printf '%s\n' "$opened" | sed 's/^/open	/'
  printf '%s\n' "$opened" | cut -f 1 | sed 's|/fd/|/fdinfo/|' | tr '\n' '\0' |
    xargs -0 -r awk '$1 == "flags:" { print "flags\t" FILENAME "\t" $2 }' 2>/dev/null
  printf '%s\n' "$opened" | cut -d / -f 3 | sort -u | while read -r pid; do
    read -r groups 2>/dev/null <"/proc/$pid/cgroup" &&
      printf 'group\t%s\t%s\n' "$pid" "$(tr '\n' ' ' 2>/dev/null <"/proc/$pid/cgroup")"
  done
}
timeout 5 grep -rIoHE -D skip --exclude-dir=init.d --exclude-dir='apparmor*' --exclude-dir=ssl \
  --exclude-dir=alternatives --exclude-dir=systemd --exclude-dir='cron.*' \
  '^[^#;]*[^#;A-Za-z0-9_./*-](/home/|/root/|/run/user/|/tmp/|/var/tmp/)[^] "'\'',;)]*' /etc \
  2>/dev/null | head -n 500 | cut -c -400 | sed -n 's/^\([^:]*\):/named	\1	/p'
"""
_NAMED = re.compile(r"/(?:home|root|run/user|tmp|var/tmp)/[^\s\"',;)\]]*")
_ALWAYS_THERE = re.compile(r"/dev/(?:zero|full|tty|ptmx|log|mqueue|hugepages|net/tun)(?:/.*)?")
HOMES = ("/home", "/root", "/run/user")
TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  # names to look for, nothing is written


def writes(flags: str) -> bool:
    """Return whether octal flags of open(2) allow to write: their last two bits are 1 or 2."""
    return flags[-1:] in {"1", "2", "5", "6"}


def use(path: str, *, writing: bool) -> str:
    """Return how an open file counts, such as ``writes /var/log``; "" for one that never matters.

    Below /var and the like only the folder is recorded: a database has thousands of files open.
    """
    if path.startswith("/dev/"):
        return "" if _ALWAYS_THERE.fullmatch(path) else f"opens {path}"
    if path.startswith(tuple(f"{folder}/" for folder in (*HOMES, *TEMPORARY))):
        return f"{'writes' if writing else 'opens'} {path}"
    return f"writes {path.rpartition('/')[0]}" if writing else ""


def names(file: str, text: str) -> Iterable[str]:
    """Yield what a line of a configuration file names below homes and temporary folders."""
    for path in _NAMED.findall(text):
        yield f"names {path.rstrip('.:')} ({file})"


def belongs(file: str, unit: str, package: str) -> bool:
    """Return, by the names alone, whether a file of /etc configures a unit.

    ``/etc/a/x``, ``/etc/a.d/x``, ``/etc/a.conf`` and ``/etc/default/a`` do so for ``a.service``,
    ``a@x.service`` and ``a-server.service``, and for the units of the package ``a``.
    """
    first, *rest = file.removeprefix("/etc/").split("/")
    name = rest[0] if first == "default" and rest else first
    stem = unit.rpartition(".")[0].partition("@")[0]
    return name.partition(".")[0] in {stem, stem.partition("-")[0], package}


def below(uses: Sequence[str], folders: Sequence[str], *, writing: bool = False) -> list[str]:
    """Return the uses of paths below folders; with ``writing`` only what may be written."""
    found = []
    for item in uses:
        how, _, path = item.partition(" ")
        if writing and how == "opens":
            continue
        if any(path == folder or path.startswith(f"{folder.rstrip('/')}/") for folder in folders):
            found.append(item)
    return found
