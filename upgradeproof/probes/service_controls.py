"""Reload and stop the services of the plan, and read how that ends."""

from __future__ import annotations

import shlex
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, number, rows
from upgradeproof.probes.unit_shell import UNIT_SHELL

RELOAD_TIMEOUT_S = 60
STOP_TIMEOUT_S = 150
"""systemd kills a service after 90 s by default, and a plan has several services."""
SETTLE_S = 2
"""A reload is often a signal: what it does to the process shows a little later."""
SUCCESS = "success"

_SCRIPT = r"""
[ -d /run/systemd/system ] || exit 0
up() {
  case $1 in *.service) [ "$(property "$1" ActiveState)" = active ] ;; *) false ;; esac
}
reloaded=
for unit in "$@"; do
  up "$unit" || continue
  printf 'unit\t%s\t%s\n' "$unit" "$(property "$unit" MainPID)"
  printf 'start\t%s\t%s\t%s\n' "$unit" "$(property "$unit" InactiveExitTimestampMonotonic)" \
    "$(property "$unit" ActiveEnterTimestampMonotonic)"
  [ "$(property "$unit" CanReload)" = yes ] || continue
  timeout RELOAD systemctl reload -- "$unit" >/dev/null 2>&1 </dev/null
  status=$?
  printf 'reload\t%s\t%s\n' "$unit" "$status"
  [ "$status" = 0 ] || log "$unit"
  reloaded="$reloaded $unit"
done
[ -z "$reloaded" ] || sleep SETTLE
for unit in $reloaded; do
  printf 'after\t%s\t%s\t%s\n' "$unit" "$(property "$unit" ActiveState)" \
    "$(property "$unit" MainPID)"
  up "$unit" || log "$unit"
done
for unit in "$@"; do
  up "$unit" || continue
  timeout STOP systemctl stop -- "$unit" >/dev/null 2>&1 </dev/null
  status=$?
  result=$(property "$unit" Result)
  printf 'stop\t%s\t%s\t%s\n' "$unit" "$status" "$result"
  [ "$status" = 0 ] && [ "$result" = success ] || log "$unit"
done
exit 0
"""


class ServiceControl(Record):
    """How one service that was up was reloaded and stopped. All is volatile: checks compare it."""

    volatile: ClassVar[frozenset[str]] = frozenset(
        {"reload", "same_process", "stop", "log", "start_s"}
    )
    reload: str = ""
    """``success``, or what is wrong; empty: its unit can't be reloaded."""
    same_process: bool = True
    """Whether its main process was the same after the reload."""
    stop: str = ""
    """The unit's ``Result`` after it was stopped, such as ``timeout`` where systemd had to kill it;
    empty: it was not up any more."""
    start_s: float = 0.0
    """How long its start took at the boot, in seconds: until systemd counted it as active."""
    log: tuple[str, ...] = ()
    """The last lines of its journal, where the reload or the stop went wrong."""


class ServiceControls(Probe[ServiceControl]):
    """Reload the plan's services that are up, and then stop them; keyed by unit.

    It is read last on a clone: no service of the plan runs afterwards.
    """

    section = "service_controls"
    record: ClassVar[type[Record]] = ServiceControl
    intrusive = True

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; one service that hangs takes up to STOP_TIMEOUT_S."""
        if not inputs.services:
            return "exit 0"
        values = {"RELOAD": RELOAD_TIMEOUT_S, "STOP": STOP_TIMEOUT_S, "SETTLE": SETTLE_S}
        body = UNIT_SHELL + _SCRIPT
        for name, value in values.items():
            body = body.replace(name, str(value))
        return f"set -- {shlex.join(inputs.services)}\n{body}"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, ServiceControl]:
        """Return the result of each unit; lines of another shape are left out."""
        found: dict[str, ServiceControl] = {}
        processes: dict[str, str] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["unit", unit, process]:
                    found[unit], processes[unit] = ServiceControl(), process
                case [_, unit, *_] if unit not in found:
                    continue
                case ["start", unit, began, ended]:
                    took_us = (number(ended) or 0) - (number(began) or 0)
                    start_s = max(round(took_us / 1e6, 1), 0.0)
                    found[unit] = found[unit].model_copy(update={"start_s": start_s})
                case ["reload", unit, status]:
                    found[unit] = found[unit].model_copy(update={"reload": _ended(status)})
                case ["after", unit, active, process]:
                    update: dict[str, object] = {"same_process": process == processes[unit]}
                    if active != "active" and found[unit].reload == SUCCESS:
                        update["reload"] = f"it is {active} afterwards"
                    found[unit] = found[unit].model_copy(update=update)
                case ["stop", unit, status, result]:
                    stop = result if status == "0" else _ended(status)
                    found[unit] = found[unit].model_copy(update={"stop": stop})
                case ["log", unit, *line]:
                    log = (*found[unit].log, "\t".join(line))
                    found[unit] = found[unit].model_copy(update={"log": log})
        return found


def _ended(status: str) -> str:
    """Return what an exit status of timeout(1) means."""
    return {"0": SUCCESS, "124": "it did not end in time"}.get(status, f"exit status {status}")
