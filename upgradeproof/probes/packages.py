"""Read the packages that dpkg knows, and whether an archive still offers them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.errors import HarnessError
from upgradeproof.probes import package_changes
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, rows

_SCRIPT = r"""
printf 'native\t%s\n' "$(dpkg --print-architecture)"
dpkg-query -W -f 'package\t${Package}\t${Architecture}\t${Version}\t${Status}
section\t${Package}\t${Architecture}\t${Section}
source\t${Package}\t${Architecture}\t${source:Package}\t${source:Version}
relations\t${Package}\t${Architecture}\t${Provides}\t${Replaces}\t${Breaks}, ${Conflicts}
recommends\t${Package}\t${Architecture}\t${Recommends}\n' || exit 1
[ ! -r /var/lib/apt/extended_states ] || awk '
  /^Package: / { name = $2 }
  /^Architecture: / { architecture = $2 }
  /^Auto-Installed: 1/ { print "auto\t" name "\t" architecture }' /var/lib/apt/extended_states
dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' |
  awk '$1 != "config-files" && $1 != "not-installed" { print $2 }' |
  xargs -r apt-cache policy | awk '
  /^[^ ]/ { sub(/:$/, ""); name = $0; current = 0; newer = 1 }
  /^  Installed: / { installed = $2 }
  /^  Candidate: / && $2 != installed && $2 != "(none)" { print "candidate\t" name "\t" $2 }
  /^ \*\*\* / { current = 1; alone[name] = 1; newer = 0; next }
  /^     [^ ]/ { current = 0; version = $1 }
  /^        / && newer && ($2 " " $3) ~ /security/ {
    print "security\t" name "\t" version; newer = 0 }
  /^        / && $2 != "/var/lib/dpkg/status" { known = 1; if (current) delete alone[name] }
  END { if (known) for (name in alone) print "obsolete\t" name }'
# The archives' lists have no part in it: without them it takes 25 ms instead of a second.
timeout 20 apt-get -s autoremove -o Debug::NoLocking=1 -o Dir::State::lists=/nonexistent \
  -o APT::Default-Release= -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= 2>/dev/null |
  awk '$1 == "Remv" { print "autoremovable\t" $2 }'
programs=$({
  grep -o '[^/]*\.service$' /proc/[0-9]*/cgroup /dev/null
  find /proc/[0-9]* -maxdepth 1 -name exe -printf '%p\t%l\n'
} 2>/dev/null | awk -F '\t' '
  NF == 1 { split($0, part, ":"); sub(/cgroup$/, "exe", part[1]); unit[part[1]] = part[2]; next }
  $1 in unit && $2 != "" { sub(/ \(deleted\)$/, "", $2); print $2 "\t" unit[$1] }' | sort -u)
[ -z "$programs" ] || { printf '%s\n' "$programs" | sed 's/^/program\t/'
  printf '%s\n' "$programs" | cut -f 1 | sed -n 'p; s,^/usr/,/,p' | sort -u |
    grep -xF -f - /var/lib/dpkg/info/*.list |
    sed -n 's,^/var/lib/dpkg/info/\([^/]*\)\.list:\(/.*\)$,owner\t\1\t\2,p'; }
exit 0
"""
_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]+")


class Package(Record):
    """One package; ``state`` in dpkg's own words: ``install ok installed``."""

    volatile: ClassVar[frozenset[str]] = frozenset(
        {
            *("source", "source_version", "library", "autoremovable", "runs"),
            *("upgradable", "security_update"),
            *("provides", "replaces", "breaks", "unmet"),
        }
    )
    version: str
    state: str
    obsolete: bool = False
    """No configured archive offers the installed version. Always False where apt holds no package
    lists: see the record ``apt-archives`` of the section ``health``."""
    source: str = ""
    """The source package that it was built from."""
    source_version: str = ""
    auto: bool = False
    """Installed only because another package needs it."""
    library: bool = False
    """Its archive's section is one of libraries: installed for programs, not for an administrator.
    In the first installation of a system such packages are marked as if they were asked for."""
    upgradable: str = ""
    """The version that an archive offers and that apt would take; empty: the installed one."""
    security_update: str = ""
    """The newest version that a security suite offers, where it is newer than the installed one,
    whether apt would take it or not; empty: none."""
    autoremovable: bool = False
    """``apt-get autoremove`` would remove it."""
    runs: tuple[str, ...] = ()
    """Services that have a process of one of its programs."""
    provides: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    """Packages that it breaks or conflicts with, in some version."""
    unmet: tuple[str, ...] = ()
    """What it recommends and is not installed: alternatives as ``a | b``."""

    @property
    def installed(self) -> bool:
        """Return whether it is unpacked and configured."""
        return self.state.endswith(" installed")

    @property
    def held(self) -> bool:
        """Return whether an administrator has put it on hold."""
        return self.state.startswith("hold ")

    @property
    def residual(self) -> bool:
        """Return whether it was removed and only its configuration files are left."""
        return self.state.endswith(" config-files")


class Packages(Probe[Package]):
    """Read every package; the key is its name, with ``:arch`` for a foreign architecture.

    One ``apt-cache policy`` of all packages takes 80 ms where ``apt list`` takes 400, since it
    does not look for upgrades.
    """

    section = "packages"
    cost_ms = 200
    record: ClassVar[type[Record]] = Package

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Package]:
        """Return the packages. Raises HarnessError without any: every Debian machine has some."""
        printed = _Printed(clean(output))
        packages = {
            key: Package.model_validate(fields)
            for key, fields in printed.packages.items()
            if not fields["state"].endswith(" not-installed")
        }
        if not packages:
            raise HarnessError("dpkg-query listed no package", details=output[:500])
        return packages

    @classmethod
    def kind(cls, line: Difference, before: Facts, after: Facts, /) -> ChangeKind:
        """Return what became of the package: upgraded, replaced, no longer offered and so on."""
        return package_changes.kind(line, before.sections, after.sections)

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return why an upgrade of the distribution changes a package so, or "".

        Nothing that an administrator asked for is explained away: a package installed by hand that
        was removed, downgraded or made obsolete is never.
        """
        return package_changes.explain(line, before.sections, after.sections)


_SHAPES = {
    "native": 1,
    "package": 4,
    "section": 3,
    "relations": 5,
    "recommends": 3,
    "auto": 2,
    "obsolete": 1,
    "candidate": 2,
    "source": 4,
    "security": 2,
    "autoremovable": 1,
    "owner": 2,
    "program": 2,
}
"""How many cells follow the first one, by its value."""


class _Printed:
    """What the script printed, by package."""

    def __init__(self, text: str) -> None:
        lines: dict[str, list[list[str]]] = {kind: [] for kind in _SHAPES}
        for kind, *cells in rows(text):
            if len(cells) == _SHAPES.get(kind):
                lines[kind].append(cells)
        native = lines["native"][-1][0] if lines["native"] else ""
        self.packages: dict[str, dict[str, Any]] = {
            _key(name, architecture, native): {"version": version, "state": state}
            for name, architecture, version, state in lines["package"]
        }
        for name, architecture, *relations in lines["relations"]:
            named = zip(("provides", "replaces", "breaks"), map(_names, relations), strict=True)
            self._set(_key(name, architecture, native), **dict(named))
        for name, architecture, section in lines["section"]:
            if section.rpartition("/")[2] in {"libs", "oldlibs"}:
                self._set(_key(name, architecture, native), library=True)
        for name, architecture in lines["auto"]:
            key = _key(name, architecture, native)
            if not self.packages.get(key, {}).get("state", "").endswith(" config-files"):
                self._set(key, auto=True)
        for name, architecture, source, version in lines["source"]:
            key = _key(name, architecture, native)
            self._set(key, source=source, source_version=version)
        self._add_offers(lines)
        for (name,) in lines["autoremovable"]:
            self._set(name.removesuffix(f":{native}"), autoremovable=True)
        self._add_unmet(
            {
                _key(name, architecture, native): field
                for name, architecture, field in lines["recommends"]
            }
        )
        owners = {path: name.removesuffix(f":{native}") for name, path in lines["owner"]}
        self._add_runs(lines["program"], owners)

    def _set(self, key: str, **fields: object) -> None:
        if key in self.packages:
            self.packages[key].update(fields)

    def _add_offers(self, lines: Mapping[str, list[list[str]]]) -> None:
        for (name,) in lines["obsolete"]:
            self._set(name, obsolete=True)
        for kind, field in (("candidate", "upgradable"), ("security", "security_update")):
            for name, version in lines[kind]:
                self._set(name, **{field: version})

    def _add_unmet(self, recommends: Mapping[str, str]) -> None:
        here = {name for name, it in self.packages.items() if it["state"].endswith(" installed")}
        here |= {provided for name in here for provided in self.packages[name].get("provides", ())}
        for name in here & recommends.keys():
            if not self.packages[name].get("auto"):
                groups = [_names(group, "|") for group in recommends[name].split(",")]
                unmet = (" | ".join(group) for group in groups if group and not here & set(group))
                self._set(name, unmet=tuple(sorted(set(unmet))))

    def _add_runs(self, programs: list[list[str]], owners: Mapping[str, str]) -> None:
        runs: dict[str, set[str]] = {}
        for program, unit in programs:
            owner = owners.get(program) or owners.get(program.removeprefix("/usr"), "")
            runs.setdefault(owner, set()).add(unit)
        for owner, units in runs.items():
            self._set(owner, runs=tuple(sorted(units)))


def _names(relation: str, separator: str = ",") -> tuple[str, ...]:
    """Return the names in a field such as ``a (>= 1), b | c``, without versions, in order."""
    found = (_NAME.match(part.strip()) for part in re.split(rf"[{separator}|]", relation))
    return tuple(dict.fromkeys(match[0] for match in found if match))


def _key(name: str, architecture: str, native: str) -> str:
    return name if architecture in {native, "all"} else f"{name}:{architecture}"
