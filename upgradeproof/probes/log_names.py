"""Read under which program names units log, and which files of the administrator name them."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import ClassVar

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, rows

# What process 1 logs about a unit, or its child before it starts the program, is left out.
# Files that belong to no package, or whose content is not the package's, are the administrator's.
# Those that list accounts hold the names of daemons' users.
_SCRIPT = r"""
d=$(mktemp -d /run/upgradeproof-names.XXXXXX) || exit 0
trap 'rm -rf "$d"' EXIT
timeout 20 journalctl -q --since "@$since" -o json --output-fields=SYSLOG_IDENTIFIER,_SYSTEMD_UNIT \
  2>/dev/null | head -n 50000 | grep -aoE '"(SYSLOG_IDENTIFIER|_SYSTEMD_UNIT)" ?: ?"[^"]*"|^\{' |
  awk -F '"' '
    function put() {
      if (unit !~ /\.service$/ || unit ~ /^user(-runtime-dir)?@/) return
      if (name != "" && name != "systemd" && name !~ /^\(/) seen[unit "\t" name] = 1
    }
    $0 == "{" { put(); unit = name = ""; next }
    $2 == "_SYSTEMD_UNIT" { unit = $4; next }
    { name = $4 }
    END { put(); for (each in seen) print "name\t" each }' | sort >"$d/seen"
cat "$d/seen"
cut -f 3 "$d/seen" | sort -u >"$d/names"
[ -s "$d/names" ] || exit 0
cat /var/lib/dpkg/info/*.list 2>/dev/null | grep -a '^/etc/' | sort -u >"$d/owned"
find /etc -xdev -type f -size -256k 2>/dev/null | sort | comm -23 - "$d/owned" >"$d/own"
awk '/^Conffiles:/ { on = 1; next } /^[^ ]/ { on = 0 } on && NF == 2 { print $2 "  " $1 }' \
  /var/lib/dpkg/status | timeout 20 md5sum --quiet -c 2>/dev/null |
  sed -n 's/: FAILED$//p' >>"$d/own"
grep -avE '^/etc/(passwd|group|shadow|gshadow|subuid|subgid|ssl|ssh|pam\.d|alternatives)' "$d/own" |
  tr '\n' '\0' | xargs -0r grep -aowHF -f "$d/names" 2>/dev/null | sort -u | head -n 500 |
  sed 's/^/named\t/'
exit 0
"""


class UnitNames(Record):
    """What one service logs under, since the boot."""

    volatile: ClassVar[frozenset[str]] = frozenset({"named_in"})
    names: tuple[str, ...]
    """Program names: ``SYSLOG_IDENTIFIER`` of the journal."""
    named_in: tuple[str, ...] = ()
    """Volatile; files in ``/etc`` that no package wrote and that hold one of these names."""


class LogNames(Probe[UnitNames]):
    """Read the names by unit: ``ssh.service``. It is read after the services were used."""

    section = "log_names"
    record: ClassVar[type[Record]] = UnitNames
    intrusive = True

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return f"since={int(inputs.since)}\n{_SCRIPT}"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, UnitNames]:
        """Return the units that logged something."""
        names: dict[str, set[str]] = defaultdict(set)
        files: dict[str, set[str]] = defaultdict(set)
        for cells in rows(clean(output)):
            match cells:
                case ["name", unit, name]:
                    names[_decoded(unit)].add(_decoded(name))
                case ["named", found]:
                    path, _, name = found.rpartition(":")
                    files[name].add(path)
        return {
            unit: UnitNames(
                names=tuple(sorted(each)),
                named_in=tuple(sorted({path for name in each for path in files.get(name, ())})),
            )
            for unit, each in names.items()
        }

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Explain other names where no rule of the administrator's depends on the old ones.

        That a name is missing proves nothing: what a service logs after a boot differs.
        """
        unit = line.path.removeprefix(f"{cls.section}/").removesuffix("/names")
        was, now = before[cls].get(unit), after[cls].get(unit)
        if was is None:
            return "the unit logged nothing before"
        if now is None or {*now.names} <= {*was.names}:
            return "the unit logs under no new name"
        if not was.named_in:
            return f"no file of the administrator's in /etc names {', '.join(was.names)}"
        return ""


def _decoded(text: str) -> str:
    """Return what was between two quotes of JSON."""
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text
