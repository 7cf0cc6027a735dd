"""Read from a machine's APT what the archive offers, and what an upgrade would remove."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Sequence

from debian.debian_support import Version

from upgradeproof.errors import MachineError, PlanError
from upgradeproof.machines import Machine

TIMEOUT_S = 120.0
_PLANNED = "LC_ALL=C apt-get -q --print-uris -o Debug::NoLocking=1"
"""Prints what would be done, and does nothing. Printing every step of it as well (`-s`) takes
minutes on a loaded machine."""
_NEW, _REMOVED = "NEW packages will be installed:", "packages will be REMOVED:"


def offered(machine: Machine, names: Sequence[str]) -> dict[str, str]:
    """Return the newest version that the archive offers of each package that it has.

    Installed versions do not count: only the archive's lists are read. Raises MachineError.
    """
    found: dict[str, str] = {}
    for line in _lines(machine, f"apt-cache madison -- {shlex.join(names)}"):
        name, version, *source = (cell.strip() for cell in line.split("|"))
        if not source or not source[0].endswith("Packages"):
            continue
        if name not in found or Version(version) > Version(found[name]):
            found[name] = version
    return found


def check_names(machine: Machine, names: Sequence[str], release: str) -> None:
    """Raise PlanError for a package that the archive does not offer, with the nearest name."""
    there = offered(machine, names)
    for name in names:
        if name not in there:
            raise PlanError(f"{release} has no package {name!r}{_advice(machine, name)}")


def installs(machine: Machine, names: Sequence[str]) -> tuple[str, ...]:
    """Return the packages that would be installed for some: their own names, and dependencies.

    Raises PlanError with APT's output if they can't be installed together.
    """
    done = machine.run(
        f"{_PLANNED} install --no-install-recommends -- {shlex.join(names)}", timeout_s=TIMEOUT_S
    )
    if not done.ok:
        raise PlanError(
            f"APT can't install {', '.join(names)}",
            details=done.tail,
            resolution="name packages that can be installed together",
        )
    return _listed(done.text, _NEW)


def removed_by_upgrade(machine: Machine) -> frozenset[str]:
    """Return the packages that a full upgrade to what the lists now offer would remove."""
    return frozenset(_listed("\n".join(_lines(machine, f"{_PLANNED} full-upgrade")), _REMOVED))


def owner_of(machine: Machine, path: str) -> str:
    """Return the package that a file belongs to, or ""."""
    done = machine.run(f"dpkg-query --search {shlex.quote(path)}", timeout_s=TIMEOUT_S)
    return done.text.partition(":")[0].strip() if done.ok else ""


def programs_of(machine: Machine, package: str) -> tuple[str, ...]:
    """Return the programs of a package, by path."""
    script = (
        f"dpkg-query --listfiles {shlex.quote(package)} | grep -E '^(/usr)?/s?bin/[^/]+$' |"
        ' while IFS= read -r path; do [ -f "$path" ] && [ -x "$path" ] && echo "$path"; done; :'
    )
    return tuple(_lines(machine, script))


def _advice(machine: Machine, name: str) -> str:
    """Return the providers of a virtual package, or the most similar name of a real one."""
    text = "\n".join(_lines(machine, f"apt-cache showpkg -- {shlex.quote(name)} 2>/dev/null; :"))
    lines = text.partition("\nReverse Provides:")[2].split("\n")
    providers = sorted({line.split(" ")[0] for line in lines if line.strip()})
    if providers:
        return f": it is virtual, and provided by {', '.join(providers[:10])}"
    names = _lines(machine, "apt-cache pkgnames")
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else ", and no name is similar"


def _listed(text: str, heading: str) -> tuple[str, ...]:
    """Return the packages below a heading of APT's, without the mark of a purge."""
    names: list[str] = []
    inside = False
    for line in text.splitlines():
        if not line.startswith(" "):
            inside = line.endswith(heading)
        elif inside:
            names += [word.rstrip("*") for word in line.split()]
    return tuple(names)


def _lines(machine: Machine, script: str) -> list[str]:
    done = machine.run(f"export LC_ALL=C\n{script}", timeout_s=TIMEOUT_S)
    if not done.ok:
        raise MachineError(f"{machine.name}: APT does not work", details=done.tail)
    return [line for line in done.text.splitlines() if line.strip()]
