"""Read systemd's units: services, sockets, timers, mounts and their like."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import ClassVar

from upgradeproof.probes.attribution import changed_package, distribution_upgraded
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.owners import UNIT_OWNERS
from upgradeproof.probes.text import clean, number, rows
from upgradeproof.probes.unit_decisions import HELPER, overruled
from upgradeproof.probes.unit_files import UNIT_FILES

TYPES = ("service", "socket", "timer", "mount", "automount", "path", "swap")
"""Devices, slices, scopes and targets change with the machine's hardware and its logins."""

_PROPERTIES = (
    "Id",
    "LoadState",
    "ActiveState",
    "SubState",
    "Result",
    "NRestarts",
    "MainPID",
    "Transient",
    "ConsistsOf",
)
_INIT_SCRIPTS = "/etc/init.d/"
_OF_A_FAILURE = frozenset({"active", "sub", "result", "restarts"})
"""The fields that change while a unit fails again and again."""
_OF_A_DECISION = frozenset({"enabled", "load", "active", "sub"})
"""The fields that change while a unit is enabled, unmasked or started."""
LOG_LINES = 10
"""Of a unit that is not up: as many as `systemctl status` shows."""
_SCRIPT = r"""
[ -d /run/systemd/system ] || exit 0
UNIT_FILES
files=$(unit_files) || exit 1
units=$(systemctl show --no-pager --property=PROPERTIES PATTERNS) || exit 1
printf '%s\n' "$files" | awk '$1 ~ /\.(TYPES)$/ { print "file|" $1 "|" $2 }'
printf '%s\n\n' "$units" | awk -F = '
  NF > 1 { value[$1] = $2 }
  NF == 0 && value["Id"] != "" {
    printf "unit"
    count = split("PROPERTIES", names, ",")
    for (i = 1; i <= count; i++) printf "|%s", value[names[i]]
    print ""
    split("", value)
  }' | while IFS='|' read -r unit id load active sub result restarts pid transient parts; do
    executable=
    case $pid in ''|0) ;; *) executable=$(readlink "/proc/$pid/exe") ;; esac
    printf '%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s\n' "$unit" "$id" "$load" "$active" "$sub" "$result" \
      "$restarts" "$pid" "$transient" "$executable" "$parts"
  done
HELPER
OWNERS{ printf '%s\n' "$@"; systemctl list-units --no-legend --no-pager --plain --state=failed |
  cut -d ' ' -f 1 | head -n 20; } | sort -u | while IFS= read -r unit; do
  [ -n "$unit" ] || continue
  if systemctl -q is-active "$unit"; then
    [ "$(systemctl show --property=SubState --value "$unit")" = exited ] || continue
  fi
  journalctl --no-pager --quiet --unit="$unit" -n LINES -o cat 2>/dev/null |
    while IFS= read -r line; do printf 'log|%s|%s\n' "$unit" "$line"; done
done
exit 0
"""
_OF_A_LOGIN = re.compile(
    r"(?:user@|user-runtime-dir@|run-user-|run-credentials-).*|session-.*|run-[ru][0-9a-f]+\..*"
)


class Service(Record):
    """One unit; the words are those of systemctl(1)."""

    volatile: ClassVar[frozenset[str]] = frozenset(
        {"main_pid", "parts", "log", "package", "enabled_by_helper", "masked_in_etc"}
    )
    enabled: str = ""
    """``enabled``, ``disabled``, ``static``, ``masked``...; empty without a unit file."""
    load: str = "loaded"
    active: str = "inactive"
    sub: str = "dead"
    result: str = "success"
    """Why it failed last: ``exit-code``, ``signal``, ``start-limit-hit``..."""
    restarts: int = 0
    """How often systemd restarted it automatically since it was last started."""
    executable: str = ""
    """Of the main process; it may be an interpreter or a symlink's target."""
    main_pid: int = 0
    package: str = ""
    """The package that the unit's file, or its init script, belongs to; empty: none."""
    enabled_by_helper: bool = False
    """Its package has enabled it by deb-systemd-helper(1p), whatever became of that since."""
    masked_in_etc: bool = False
    """It is masked by a link in /etc that deb-systemd-helper did not make."""
    parts: tuple[str, ...] = ()
    """Units that are part of it (``PartOf=``): a wrapper has no process, its parts have."""
    log: tuple[str, ...] = ()
    """The last lines of its journal, of any priority, if it failed, or if it is a service of the
    plan that is down or has no process."""

    @property
    def failed(self) -> bool:
        """Return whether systemd counts it as failed."""
        return self.active == "failed"

    @property
    def fails(self) -> bool:
        """Return whether it failed, or waits for its next start after a failure."""
        return self.failed or self.sub.startswith("auto-restart")

    @property
    def starts_at_boot(self) -> bool:
        """Return whether it is started at boot; ``generated``: by the links of an init script."""
        return self.enabled in ("enabled", "enabled-runtime", "generated", "alias")

    @property
    def last_words(self) -> str:
        """Return the last lines of its journal, each on a line of its own, indented."""
        return "".join(f"\n  {line}" for line in self.log)


class Services(Probe[Service]):
    """Read the units that have a file, and those that run without; the key is the unit's name.

    Left out: aliases (their target is there), transient units, units of a login, and units that
    are only mentioned. systemd forgets an inactive unit when it likes, so that an inactive one
    counts by its file alone, and looks the same whether it is loaded or not.
    """

    section = "services"
    cost_ms = 550
    record: ClassVar[type[Record]] = Service

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; it fails where systemd is there and does not answer."""
        return f"set -- {shlex.join(inputs.services)}\n" + (
            _SCRIPT.replace("PROPERTIES", ",".join(_PROPERTIES))
            .replace("LINES", str(LOG_LINES))
            .replace("OWNERS", UNIT_OWNERS)
            .replace("HELPER", HELPER.strip())
            .replace("TYPES", "|".join(TYPES))
            .replace("UNIT_FILES", UNIT_FILES)
            .replace("PATTERNS", " ".join(f"'*.{kind}'" for kind in TYPES))
        )

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Service]:
        """Return the units; lines of another shape than the script's are left out."""
        units: dict[str, Service] = {}
        logs: dict[str, list[str]] = {}
        packages: dict[str, str] = {}
        decisions: dict[str, set[str]] = {"helper": set(), "mask": set()}
        for cells in rows(clean(output), "|"):
            match cells:
                case ["file", name, enabled]:
                    load = "masked" if enabled.startswith("masked") else "loaded"
                    units[name] = Service(enabled=enabled, load=load)
                case [line] if line.startswith("owner\t"):
                    _, package, path = [*line.split("\t"), "", ""][:3]
                    init_script = path.startswith(_INIT_SCRIPTS)
                    name = path if init_script else path.rpartition("/")[2]
                    packages[name] = package.partition(":")[0]
                case [("helper" | "mask") as what, name]:
                    decisions[what].add(name)
                case ["log", name, *line]:
                    logs.setdefault(name, []).append("|".join(line))
                case [
                    "unit",
                    name,
                    load,
                    active,
                    sub,
                    result,
                    restarts,
                    pid,
                    "no",
                    executable,
                    *parts,
                ]:
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
                        parts=tuple(sorted(" ".join(parts).split())),
                        main_pid=number(pid) or 0,
                    )
        return {
            name: unit.model_copy(
                update={
                    "log": tuple(logs.get(name, ())),
                    "package": _package(name, unit, packages),
                    "enabled_by_helper": name in decisions["helper"],
                    "masked_in_etc": name in decisions["mask"],
                }
            )
            for name, unit in units.items()
            if unit.enabled not in {"alias", "transient"} and not _OF_A_LOGIN.fullmatch(name)
        }

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Attribute a unit to its package, unless it stops, fails, or starts at boot no more.

        A new unit that starts at boot is explained in an upgrade of the distribution only: users
        do not expect a new daemon from a new version of one package. What an administrator had
        disabled or masked is not enabled by any.
        """
        name, field = split_unit(line.path)
        was, now = before[cls].get(name), after[cls].get(name)
        if was and now and was.fails and now.fails and field in _OF_A_FAILURE:
            return "it had failed before, too"
        package = next((unit.package for unit in (now, was) if unit and unit.package), "")
        change = changed_package(package, before, after)
        distribution = distribution_upgraded(before, after)
        if change and distribution and was and now and _is_only_not_started(was, now):
            return f"no boot starts this unit of {package}, which {change}: it is disabled"
        if not change or _got_worse(was, now, field):
            return ""
        if field in _OF_A_DECISION and undone(name, before, after):
            return ""
        starts = was is None and now is not None and now.starts_at_boot
        if starts and not distribution:
            return ""
        return f"the unit belongs to {package}, which {change}"


def unit_changed(name: str, before: Facts, after: Facts) -> bool:
    """Return whether a unit came, went or changed: a line of the diff shows that."""
    was, now = before[Services].get(name), after[Services].get(name)
    return not was.same_as(now) if was else now is not None


def undone(name: str, before: Facts, after: Facts) -> str:
    """Return what was done to a unit that was disabled or masked, such as ``enabled``, or ""."""
    was, now = before[Services].get(name), after[Services].get(name)
    stem, _, kind = name.rpartition(".")
    triggers = (after[Services].get(f"{stem}.{each}") for each in ("socket", "timer", "path"))
    triggered = kind == "service" and any(unit and unit.active == "active" for unit in triggers)
    if was is None or now is None:
        return ""
    distribution = distribution_upgraded(before, after)
    return overruled(was, now, distribution=distribution, triggered=triggered)


def split_unit(path: str) -> tuple[str, str]:
    """Return unit and field of a path of the diff; a field may be missing."""
    _, _, rest = path.partition("/")
    name, _, field = rest.rpartition("/")
    return (name, field) if name else (rest, "")


def _is_only_not_started(was: Service, now: Service) -> bool:
    """Return whether a unit ran only because its package's installation started it.

    Whether the upgrade of the package starts it again depends on the order of its steps.
    """
    disabled = was.enabled == now.enabled == "disabled"
    return disabled and (was.active, now.active) == ("active", "inactive")


def _got_worse(was: Service | None, now: Service | None, field: str) -> bool:
    """Return whether a unit works less than before: that follows from no new version."""
    if now is None:
        return was is not None and was.active == "active"
    if was is None or now.failed:
        return now.failed or now.restarts > 0
    worse = {
        "active": was.active == "active" != now.active,
        "sub": was.active == "active" != now.active,
        "enabled": was.starts_at_boot and not now.starts_at_boot,
        "load": now.load not in ("loaded", "masked") or was.load == "loaded",
        "executable": False,
    }
    return worse.get(field, True)


def _package(name: str, unit: Service, packages: Mapping[str, str]) -> str:
    """Return the package that owns the file a unit is read or generated from, or ""."""
    if unit.enabled == "generated":
        return packages.get(f"{_INIT_SCRIPTS}{name.removesuffix('.service')}", "")
    return packages.get(name, "")
