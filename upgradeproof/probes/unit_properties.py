"""Read what services and sockets may do: their user, sandbox, limits, commands and environment."""

from __future__ import annotations

import re
import shlex
from typing import ClassVar

from upgradeproof.probes.attribution import changed_package
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.file_records import File
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.owners import UNIT_FOLDERS, UNIT_OWNERS
from upgradeproof.probes.unit_changes import same_share
from upgradeproof.probes.unit_complaints import complaints
from upgradeproof.probes.unit_scripts import SCRIPTS
from upgradeproof.probes.unit_settings import DEPENDENCIES, LIMITS, PROPERTIES, TIMEOUTS
from upgradeproof.probes.unit_table import Table, UnitProperties, one
from upgradeproof.probes.unit_uses import USES
from upgradeproof.probes.unix_sockets import split

_FACTS = (
    *("Id", "LoadState", "ActiveState", "FragmentPath", "NeedDaemonReload"),
    *("TriggeredBy", "WantedBy", "RequiredBy"),
)
_SCRIPT = (
    r"""
[ -d /run/systemd/system ] || exit 0
printf 'capabilities\t%s\n' "$(cat /proc/sys/kernel/cap_last_cap 2>/dev/null)"
find UNIT_FOLDERS -maxdepth 1 -name '*@.*' -printf 'template\t%f\n' 2>/dev/null | sort -u
folders=$(find /etc/systemd/system /run/systemd/system -mindepth 2 -maxdepth 2 -name '*.conf' \
  -path '*.d/*' ! -path '*[[:space:][:cntrl:]]*' -xtype f -size -64k 2>/dev/null)
units=$({ printf '%s\n' "$folders" | sed -n 's|.*/\([^/]*[^/-]\)\.d/[^/]*$|\1|p'
  find /etc/systemd/system -mindepth 2 -maxdepth 2 \( -path '*.wants/*' -o -path '*.requires/*' \) \
    ! -name '* *' -printf '%f\n' 2>/dev/null
} | grep -E '\.(service|socket)$' | grep -v '@\.' | sort -u)
systemctl show --no-pager --property=DefaultTasksMax,DEFAULTS | sed 's/^/default	/'
systemctl show --no-pager --property=NAMES -- $units DECLARED '*.service' '*.socket' 2>/dev/null |
  sed 's/^/unit	/'
[ -z "$folders" ] || printf '%s\n' "$folders" | tr '\n' '\0' | timeout 5 xargs -0 -r awk '
  /^[ \t]*[A-Z][A-Za-z]*[ \t]*=/ { print "dropin\t" FILENAME "\t" substr($0, 1, 400) }
  FNR == 1 { print "dropin\t" FILENAME "\t" }'
filters=$(find /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system -maxdepth 2 -type f \
  \( -name '*.service' -o -path '*.service.d/*.conf' \) 2>/dev/null | tr '\n' '\0' |
  timeout 5 xargs -0 -r grep -H '^SystemCallFilter=' | sort -u)
printf '%s\n' "$filters" | sed -n 's/^\([^:]*\):SystemCallFilter=/filter	\1	/p'
"""
    + USES
    + SCRIPTS
    + UNIT_OWNERS
    + "exit 0\n"
)
_OF_A_LOGIN = re.compile(r"(?:user@|user-runtime-dir@|session-|run-[ru]?[0-9a-f]|systemd-fsck@).*")


class UnitSettings(Probe[UnitProperties]):
    """Read units that have a file, running ones whose file is gone, and drop-ins without a unit.

    The key is the unit's name; that of drop-ins without a unit is their folder's. Left out:
    aliases, transient units, units of a login, templates, instances that do not run, and
    units that only a call over D-Bus starts, which are active only at times. Only what runs, is
    enabled, has drop-ins or is declared is asked for: systemd takes 5 ms for each of the others.
    """

    section = "unit_properties"
    cost_ms = 200
    record: ClassVar[type[Record]] = UnitProperties

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; one ``systemctl show`` reads all units."""
        limits = [name for name in LIMITS if name.startswith("Limit")]
        soft = [f"{name}Soft" for name in limits]
        dependencies = [name for names in DEPENDENCIES.values() for name in names]
        defaults = (*limits, *soft, *TIMEOUTS)
        return (
            _SCRIPT.replace(
                "NAMES", ",".join(dict.fromkeys((*_FACTS, *PROPERTIES, *dependencies, *soft)))
            )
            .replace("DEFAULTS", ",".join(f"Default{name}" for name in defaults))
            .replace("UNIT_FOLDERS", UNIT_FOLDERS)
            .replace("DECLARED", shlex.join(inputs.services))
        )

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, UnitProperties]:
        """Return the units; lines of another shape than the script's are left out."""
        table = Table(output)
        found = {}
        there = set()
        for block in table.blocks:
            unit = one(block, "Id")
            if one(block, "LoadState") not in ("", "not-found"):
                there.add(unit)
            if unit and not _OF_A_LOGIN.match(unit) and (record := table.unit(block, inputs)):
                found[unit] = record
        for unit, files in table.drop_ins.items():
            if unit not in found.keys() | there and not table.exists(unit):
                found[f"{unit}.d"] = UnitProperties(load="not-found", drop_ins=tuple(files))
        return found

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return which upgraded package changed its own unit file.

        Never for a change that the suite complains about, nor for what the administrator's own
        files are to decide.
        """
        key, field = split(line.path, cls.section, before, after)
        was, now = (facts.sections.get(cls.section, {}).get(key) for facts in (before, after))
        unit = now if isinstance(now, UnitProperties) else was
        if not isinstance(unit, UnitProperties) or unit.load != "loaded":
            return ""
        if field in ("load", "needs_reload"):
            return ""
        if isinstance(was, UnitProperties) and isinstance(now, UnitProperties):
            if field == "drop_ins":
                return _packages_drop_ins(was, now, before, after)
            if complaints(key, was, now, field):
                return ""
            if field == "tasks_max" and same_share("TasksMax", was, now):
                return "the limit is a share of the tasks that the kernel allows"
        change = changed_package(unit.package, before, after)
        return f"the unit belongs to {unit.package}, which {change}" if change else ""


def _packages_drop_ins(
    was: UnitProperties, now: UnitProperties, before: Facts, after: Facts
) -> str:
    """Return which packages that changed own all drop-ins that were added or removed, or ""."""
    reasons = []
    for path in sorted({*was.drop_ins} ^ {*now.drop_ins}):
        file = (before if path in was.drop_ins else after).sections.get("files", {}).get(path)
        package = file.package if isinstance(file, File) else ""
        change = changed_package(package, before, after)
        if not change:
            return ""
        reasons.append(f"{path} is a file of {package}, which {change}")
    return "; ".join(reasons)
