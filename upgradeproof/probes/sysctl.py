"""Read the kernel's settings, and which files set them at a boot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import ClassVar

from upgradeproof.probes.attribution import changed_package, distribution_upgraded
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.kernel import Kernel, RunningKernel
from upgradeproof.probes.text import clean, rows

# Values are read by grep: the kernel ends such a file after one read, and a shell reads one byte.
_SCRIPT = r"""
own=1
for mark in /run/systemd/container /.dockerenv /run/.containerenv; do
  [ ! -e "$mark" ] || own=
done
for program in /usr/lib/systemd/*-sysctl /lib/systemd/*-sysctl; do
  [ -x "$program" ] && break
done
config=$([ ! -x "$program" ] || timeout 10 "$program" --cat-config 2>/dev/null |
  grep -aE '^# /[^ ]*/sysctl\.d/[^ ]*\.conf$|^[[:space:]]*[^#;[:space:]]' | head -c 200000)
printf '%s\n' "$config" | sed -n 's/^# /file\t/p; t; s/^/setting\t/p'
for file in $(printf '%s\n' "$config" | sed -nE 's|^# ((/usr)?/lib/[^ *?[]*)$|\1|p'); do
  list=$(grep -lxF -e "$file" -e "${file#/usr}" /var/lib/dpkg/info/*.list 2>/dev/null | head -n 1)
  list=${list##*/}
  printf 'owner\t%s\t%s\n' "$file" "${list%.list}"
done
named=$(printf '%s\n' "$config" | awk -v own="$own" '
  /^# / { next }
  {
    sub(/^[ \t]*-?[ \t]*/, ""); sub(/[ \t]*=.*/, "")
    if (match($0, /[.\/]/) && substr($0, RSTART, 1) == ".") {
      gsub(/\//, "\001"); gsub(/\./, "/"); gsub(/\001/, ".")
    }
    if ($0 ~ /[*?[ \t]/ || $0 ~ /\.\./ || (own == "" && $0 !~ /^net\//)) next
    print "/proc/sys/" $0
  }')
cd /proc/sys/net
IFS='
'
set -f
set -- $named
set +f
[ -z "$own" ] || set -- "$@" /proc/sys/vm/*
for file in "$@" /proc/sys/net/core/* /proc/sys/net/ipv[46]/* /proc/sys/net/ipv4/route/* \
  /proc/sys/net/ipv6/icmp/* /proc/sys/net/ipv6/route/* \
  /proc/sys/net/ipv[46]/conf/all/* /proc/sys/net/ipv[46]/conf/default/* \
  /proc/sys/net/ipv[46]/neigh/default/*
do
  case $file in
    *secret* | *key* | *flush | *stat_refresh | *compact_memory | *drop_caches) ;;
    *) [ ! -f "$file" ] || printf '%s\0' "$file" ;;
  esac
done | sort -zu | timeout 10 xargs -0r grep -aHs -m 1 '' | head -c 400000
exit 0
"""
_VOLATILE = re.compile(
    r"net/ipv4/(tcp_mem|udp_mem|tcp_[rw]mem|tcp_max_(orphans|tw_buckets|syn_backlog)"
    r"|inet_peer_\w+|fib_sync_mem|ipfrag_\w+|tcp_\w*hash_entries|udp_hash_entries"
    r"|route/(gc_thresh|max_size))"
    r"|net/ipv6/(ip6frag_\w+|route/(gc_thresh|max_size))"
    r"|net/core/(netdev_rss_key|[rw]mem_\w+|optmem_max)"
    r"|vm/(\w*_reserve_\w+|\w*_kbytes|lowmem_\w+|nr_\w*hugepages\w*|stat_\w+|mmap_\w+bits)"
)
"""Values that the kernel derives from the memory that it finds, and counters."""


class Setting(Record):
    """One setting of the kernel."""

    volatile: ClassVar[frozenset[str]] = frozenset({"set_by", "package"})
    value: str = ""
    """As the kernel has it, empty where it is the host's or the kernel has no such setting."""
    wanted: str = ""
    """What a file sets at a boot; the last one counts."""
    set_by: str = ""
    """Volatile; that file; empty: no file sets it."""
    package: str = ""
    """Volatile; the package that owns the file, below ``/usr/lib``."""

    @property
    def by_administrator(self) -> bool:
        """Return whether a file in ``/etc`` sets it."""
        return self.set_by.startswith("/etc/")


class KernelSettings(Probe[Setting]):
    """Read settings by their name: ``net.ipv4.ip_forward``.

    Read are the network's, which a container has for itself, and with a kernel of its own those of
    the memory; any other is here if a file sets it. Interfaces of their own names, keys and what
    the kernel derives from the memory are left out, unless a file sets them.
    """

    section = "sysctl"
    record: ClassVar[type[Record]] = Setting

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; files are read by the program that applies them, in its order."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Setting]:
        """Return the settings that have a value, and those that a file sets."""
        values, made = _read(clean(output))
        named = {name for name in made if not _is_glob(name)}
        return {
            _dotted(name): Setting(value=values.get(name, ""), **_made(name, made))
            for name in sorted(values.keys() | named)
            if name in named or not _VOLATILE.fullmatch(name)
        }

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Explain a setting of a new kernel, or one that the file of a package makes.

        Never one that an administrator makes, nor another one of a package that was there before,
        unless the distribution was upgraded.
        """
        key = line.path.removeprefix(f"{cls.section}/").partition("/")[0]
        was, now = before[cls].get(key, Setting()), after[cls].get(key, Setting())
        if was.by_administrator or now.by_administrator:
            return ""
        if line.before is None and (kernel := _new_kernel(before, after)):
            return f"a setting that came with {kernel}"
        if now.package and (now.value in {"", was.value} or _equal(now.value, now.wanted)):
            same = (was.package, was.wanted) == (now.package, now.wanted)
            brought = "was installed" in changed_package(now.package, before, after)
            if same or brought or distribution_upgraded(before, after):
                return f"{now.package} sets it in {now.set_by}"
        if was.package and not now.set_by and now.value in {was.value, ""}:
            return f"{was.package} does not set it any more"
        return ""


def _equal(value: str, wanted: str) -> bool:
    """Return whether the kernel has what a file sets, which may be in hexadecimal."""
    try:
        return int(value, 0) == int(wanted, 0)
    except ValueError:
        return value == wanted


def _new_kernel(before: Facts, after: Facts) -> str:
    """Return which kernel runs, and which one ran before; empty: the same."""
    old, new = (facts.sections.get(Kernel.section, {}).get("running") for facts in (before, after))
    if not (isinstance(old, RunningKernel) and isinstance(new, RunningKernel)):
        return ""
    return "" if old.release == new.release else f"kernel {new.release}, after {old.release}"


@dataclass(frozen=True)
class _Made:
    """What a file sets, and whose file it is."""

    wanted: str
    set_by: str
    package: str = ""


def _read(text: str) -> tuple[dict[str, str], dict[str, _Made]]:
    """Return values and what files set, both by the path below ``/proc/sys``."""
    values: dict[str, str] = {}
    made: dict[str, _Made] = {}
    owners: dict[str, str] = {}
    file = ""
    for cells in rows(text):
        match cells:
            case ["file", file]:
                pass
            case ["owner", path, package]:
                owners[path] = package.partition(":")[0]
            case ["setting", *rest]:
                name, equals, wanted = " ".join(rest).partition("=")
                if equals and (key := _path(name)):
                    made.pop(key, None)
                    made[key] = _Made(" ".join(wanted.split()), file)
            case [line, *rest] if line.startswith("/proc/sys/"):
                name, _, value = " ".join((line, *rest)).removeprefix("/proc/sys/").partition(":")
                values[name] = " ".join(value.split())
    owned = {
        name: _Made(each.wanted, each.set_by, owners.get(each.set_by, ""))
        for name, each in made.items()
    }
    return values, owned


def _path(name: str) -> str:
    """Return the path below ``/proc/sys`` of a name in a file, as sysctl.d(5) reads it."""
    name = name.strip().removeprefix("-").strip()
    first = re.search(r"[./]", name)
    return name.translate(str.maketrans("./", "/.")) if first and first[0] == "." else name


def _dotted(path: str) -> str:
    return path.translate(str.maketrans("./", "/."))


def _is_glob(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def _made(name: str, made: Mapping[str, _Made]) -> dict[str, str]:
    """Return the fields of what sets a name: an entry of its own, else the last that matches."""
    globs = [glob for glob in made if _is_glob(glob) and fnmatchcase(name, glob)]
    found = made.get(name) or (made[globs[-1]] if globs else _Made("", ""))
    return {"wanted": found.wanted, "set_by": found.set_by, "package": found.package}
