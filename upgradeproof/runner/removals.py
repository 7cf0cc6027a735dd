"""Configure the packages under test again, remove and purge them, on a clone that is of no state.

Each of these runs scripts of a package that an upgrade does not run, or not twice: an administrator
finds a fault there when nothing else helps any more.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from upgradeproof.machines import Machine
from upgradeproof.probes.secrets import masked_text
from upgradeproof.probes.text import clean, rows

TIMEOUT_S = 600.0
_PATHS = 200
"""So many lost paths are compared: with one that is lost, its folder is lost as a rule."""
# A script of a package has no terminal and no input: dpkg gives it its own, which may be none. Its
# output goes to a file: a process that it leaves behind would hold a pipe open.
_SCRIPT = r"""
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
all() {
  find /etc /home /root /opt /srv /usr/local /var/backups /var/lib /var/mail /var/spool /var/www \
    -xdev \( -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/lib/systemd \) -prune -o \
    ! -name '*[[:cntrl:]]*' -print 2>/dev/null | sort
}
do_it() {
  what=$1 package=$2
  shift 2
  timeout -k 5 120 "$@" >"$folder/output" 2>&1 </dev/null
  printf 'ended\t%s\t%s\t%s\n' "$what" "$package" "$?"
  tail -n 8 "$folder/output" | cut -c 1-500 | sed "s/^/log	$what	$package	/"
}
folder=$(mktemp -d /run/upgradeproof-removal.XXXXXX) || exit 1
for package in "$@"; do
  shift
  status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)
  [ "$status" != installed ] || set -- "$@" "$package"
done
all >"$folder/before"
for package in "$@"; do
  version=$(dpkg-query --show --showformat '${Version}' "$package")
  architecture=$(dpkg-query --show --showformat '${Architecture}' "$package")
  for script in "/var/lib/dpkg/info/$package.postinst" "/var/lib/dpkg/info/$package:"*.postinst; do
    [ -x "$script" ] || continue
    do_it configure "$package" env DPKG_MAINTSCRIPT_NAME=postinst \
      DPKG_MAINTSCRIPT_PACKAGE="$package" DPKG_MAINTSCRIPT_ARCH="$architecture" \
      "$script" configure "$version"
    break
  done
done
for package in "$@"; do do_it remove "$package" dpkg --force-depends --remove "$package"; done
for package in "$@"; do do_it purge "$package" dpkg --force-depends --purge "$package"; done
all >"$folder/after"
comm -23 "$folder/before" "$folder/after" | head -n PATHS | sed 's/^/gone	/'
"""
_LEFT = r"""
for path in "$@"; do [ ! -e "$path" ] && [ ! -L "$path" ] || printf '%s\n' "$path"; done
"""
WORDS = {
    "configure": "can't be configured again",
    "remove": "can't be removed",
    "purge": "can't be purged",
}


@dataclass(frozen=True)
class Done:
    """How one action on a package ended."""

    status: str
    log: tuple[str, ...] = ()


class Removal:
    """The packages under test, configured again and then removed on one machine, once."""

    def __init__(self, machine: Machine, packages: Sequence[str]) -> None:
        self._machine = machine
        self._packages = packages

    @cached_property
    def _printed(self) -> str:
        script = _SCRIPT.replace("PATHS", str(_PATHS))
        words = shlex.join(self._packages)
        return clean(self._machine.run(f"set -- {words}\n{script}", timeout_s=TIMEOUT_S).text)

    @property
    def gone(self) -> tuple[str, ...]:
        """Return the paths that are gone with the packages."""
        return tuple(c[1] for c in rows(self._printed) if c[0] == "gone" and c[1:])

    @cached_property
    def done(self) -> dict[tuple[str, str], Done]:
        """Return how each action ended, by the action and the package."""
        found: dict[tuple[str, str], Done] = {}
        for cells in rows(self._printed):
            match cells:
                case ["ended", what, package, status]:
                    found[what, package] = Done(status)
                case ["log", what, package, *line] if (what, package) in found and any(line):
                    was = found[what, package]
                    found[what, package] = Done(was.status, (*was.log, "\t".join(line)))
        return found

    def left(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Return which of these paths are there after the removal."""
        _ = self._printed
        if not paths:
            return ()
        text = self._machine.run(f"set -- {shlex.join(paths)}\n{_LEFT}", timeout_s=TIMEOUT_S).text
        return tuple(line for line in text.split("\n") if line)


def both_removed(before: Removal, after: Removal) -> bool:
    """Return whether a package under test was there to be removed in each of the releases."""
    return all(any(what == "remove" for what, _ in each.done) for each in (before, after))


def worse(before: Removal, after: Removal) -> list[str]:
    """Return what fails with the new packages and did not with the old ones, with its output."""
    return [
        f"{package} {WORDS[what]}: exit status {now.status}"
        + masked_text("".join(f"\n  {line}" for line in now.log), marks=False)
        for (what, package), now in after.done.items()
        if now.status != "0"
        and (was := before.done.get((what, package)))
        and was.status == "0"
        and not (what == "purge" and after.done.get(("remove", package), now).status != "0")
    ]


def lost(before: Removal, after: Removal) -> tuple[str, ...]:
    """Return the paths that go with the new packages, and stay when the old ones are removed."""
    return before.left(after.gone)
