"""Read systemd's units: services, sockets, timers, mounts and their like."""

from __future__ import annotations

import re
from typing import ClassVar

from upgradeproof.probes.base import Interests, Probe, Record
from upgradeproof.probes.text import clean, number, rows

TYPES = ("service", "socket", "timer", "mount", "automount", "path", "swap")
"""Devices, slices, scopes and targets come and go with the machine's hardware and its logins."""

_PROPERTIES = (
    "Id",
    "LoadState",
    "ActiveState",
    "SubState",
    "Result",
    "NRestarts",
    "MainPID",
    "Transient",
)
_SCRIPT = r"""
[ -d /run/systemd/system ] || exit 0
files=$(systemctl list-unit-files --no-legend --no-pager --type=TYPES) || exit 1
units=$(systemctl show --no-pager --property=PROPERTIES PATTERNS) || exit 1
printf '%s\n' "$files" | awk '{ print "file|" $1 "|" $2 }'
printf '%s\n\n' "$units" | awk -F = '
  NF > 1 { value[$1] = $2 }
  NF == 0 && value["Id"] != "" {
    printf "unit"
    count = split("PROPERTIES", names, ",")
    for (i = 1; i <= count; i++) printf "|%s", value[names[i]]
    print ""
    split("", value)
  }' | while IFS='|' read -r unit id load active sub result restarts pid transient; do
    executable=
    case $pid in ''|0) ;; *) executable=$(readlink "/proc/$pid/exe") ;; esac
    printf '%s|%s|%s|%s|%s|%s|%s|%s|%s|%s\n' "$unit" "$id" "$load" "$active" "$sub" "$result" \
      "$restarts" "$pid" "$transient" "$executable"
  done
exit 0
"""
_OF_A_LOGIN = re.compile(
    r"(?:user@|user-runtime-dir@|run-user-|run-credentials-).*|session-.*|run-[ru][0-9a-f]+\..*"
)


class Service(Record):
    """One unit; the words are those of systemctl(1)."""

    volatile: ClassVar[frozenset[str]] = frozenset({"main_pid"})
    enabled: str = ""
    """``enabled``, ``disabled``, ``static``, ``masked``...; empty without a unit file."""
    load: str = "loaded"
    active: str = "inactive"
    sub: str = "dead"
    result: str = "success"
    """Why it failed last: ``exit-code``, ``signal``, ``start-limit-hit``..."""
    restarts: int = 0
    """How often systemd restarted it by itself since it was last started."""
    executable: str = ""
    """Of the main process; an interpreter or a symlink's target may stand here."""
    main_pid: int = 0

    @property
    def failed(self) -> bool:
        """Tell whether systemd counts it as failed."""
        return self.active == "failed"


class Services(Probe[Service]):
    """Read the units that have a file, and those that run without; the key is the unit's name.

    Left out: aliases (their target is there), transient units, units of a login, and units that
    are only mentioned. systemd forgets an inactive unit when it likes, so that an inactive one
    counts by its file alone, and looks the same whether it is loaded or not.
    """

    section = "services"
    record: ClassVar[type[Record]] = Service

    @classmethod
    def script(cls, _interests: Interests, /) -> str:
        """Return the script; it fails where systemd is there and does not answer."""
        return (
            _SCRIPT.replace("PROPERTIES", ",".join(_PROPERTIES))
            .replace("TYPES", ",".join(TYPES))
            .replace("PATTERNS", " ".join(f"'*.{kind}'" for kind in TYPES))
        )

    @classmethod
    def parse(cls, output: str, _interests: Interests, /) -> dict[str, Service]:
        """Return the units; lines of another shape than the script's are left out."""
        units: dict[str, Service] = {}
        for cells in rows(clean(output), "|"):
            match cells:
                case ["file", name, enabled]:
                    load = "masked" if enabled.startswith("masked") else "loaded"
                    units[name] = Service(enabled=enabled, load=load)
                case ["unit", name, load, active, sub, result, restarts, pid, "no", executable]:
                    if active == "inactive" and name not in units:
                        continue
                    units[name] = Service(
                        enabled=units[name].enabled if name in units else "",
                        load=load,
                        active=active,
                        sub=sub,
                        result=result or "success",
                        restarts=number(restarts) or 0,
                        executable=executable.removesuffix(" (deleted)"),
                        main_pid=number(pid) or 0,
                    )
        return {
            name: unit
            for name, unit in units.items()
            if unit.enabled not in {"alias", "transient"} and not _OF_A_LOGIN.fullmatch(name)
        }
