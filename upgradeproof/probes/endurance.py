"""Observe whether the services of the plan stay up for as long as a crash could be hidden."""

from __future__ import annotations

import shlex
from typing import ClassVar

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.secrets import masked_text
from upgradeproof.probes.services import Service, Services
from upgradeproof.probes.text import clean, number, rows
from upgradeproof.probes.unit_shell import PROCESSES, UNIT_SHELL

MAXIMUM_S = 120
"""Limit of the observation: a restart delay of hours must not hold a run."""

# A unit is watched until it has been up for the plan's time, or for its own delay between two
# restarts, whichever is longer: a crash that systemd repairs then shows in the second look, as
# another invocation, as a restart, or as a unit that waits for its restart.
_SCRIPT = r"""
[ -d /run/systemd/system ] || exit 0
seconds() {
  case $1 in ''|*[!0-9]*) echo 0 ;; *) echo $(($1 / 1000000)) ;; esac
}
delay() {
  [ "$(property "$1" Restart)" != no ] || { echo 0; return; }
  systemctl show --property=RestartUSec -- "$1" | sed 's/^.*=//' | awk '
    { total = 0
      for (i = 1; i <= NF; i++) {
        value = $i + 0
        if ($i ~ /us$/) value /= 1000000
        else if ($i ~ /ms$/) value /= 1000
        else if ($i ~ /min$/) value *= 60
        else if ($i ~ /h$/) value *= 3600
        total += value
      }
      printf "%d\n", total + 0.999 }'
}
look() {
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$(property "$2" ActiveState)" \
    "$(property "$2" SubState)" "$(property "$2" Result)" "$(property "$2" NRestarts)" \
    "$(property "$2" InvocationID)"
}
# The files below /var/log that a unit's processes have open, each once.
held() {
  for process in $(processes "${1%.service}.service"); do
    find "$process/fd" -lname '/var/log/*' ! -lname '/var/log/journal/*' \
      -printf '%l\n' 2>/dev/null
  done | sort -u
}
# Memory in KiB that is not shared (a part of what is), open files, and threads.
uses() {
  processes "${2%.service}.service" | perl -sne '
    chomp;
    $files += () = glob "$_/fd/*";
    $threads += () = glob "$_/task/*";
    open my $maps, "<", "$_/smaps_rollup" or next;
    while (<$maps>) { $memory += $1 if /^Pss:\s+(\d+)/ }
    END { printf "uses\t%s\t%s\t%d\t%d\t%d\n", $when, $unit, $memory, $files, $threads }
  ' -- -when="$1" -unit="$2"
}
# The files that each process of a unit runs, or was started with, by their paths.
programs() {
  processes "${2%.service}.service" | while IFS= read -r folder; do
    { readlink "$folder/exe"; tr '\0' '\n' <"$folder/cmdline" | head -n 10 | grep '^/'; } \
      2>/dev/null | sort -u | while IFS= read -r path; do
        [ ! -f "$path" ] || printf 'program\t%s\t%s\t%s\t%s\n' "$1" "$2" "${folder#/proc/}" "$path"
      done
  done
}
units=$(for unit in "$@"; do
  printf '%s\n' "$unit"
  for part in $(property "$unit" ConsistsOf); do printf '%s\n' "$part"; done
done | sort -u)
wait=0
now=$(cut -d ' ' -f 1 /proc/uptime | cut -d . -f 1)
for unit in $units; do
  look first "$unit"
  uses first "$unit"
  programs first "$unit"
  want=$stays
  pause=$(delay "$unit")
  pause=${pause:-0}
  [ "$pause" -lt "$want" ] || want=$((pause + 1))
  age=$((now - $(seconds "$(property "$unit" ActiveEnterTimestampMonotonic)")))
  left=$((want - age))
  [ "$left" -le "$wait" ] || wait=$left
done
[ "$wait" -le MAXIMUM ] || wait=MAXIMUM
sizes=$(find /var/log -xdev -type f -printf '%p\t%s\n' 2>/dev/null)
since=$(date +%s)
[ "$wait" -le 0 ] || sleep "$wait"
for unit in $units; do
  look second "$unit"
  uses second "$unit"
  programs second "$unit"
  held "$unit" | head -n 5 | while IFS= read -r path; do
    tail -qn 5 -- "$path" 2>/dev/null | cut -c 1-300 | while IFS= read -r line; do
      printf 'wrote\t%s\t%s\n' "$unit" "$line"
    done
  done
  lines=$(journalctl --no-pager --quiet --unit="$unit" --since="@$since" -o cat 2>/dev/null |
    head -n 100000 | wc -l)
  bytes=$(held "$unit" | while IFS= read -r path; do
    stat -c '%n	%s' -- "$path" 2>/dev/null
  done | { printf '%s\n-\n' "$sizes"; cat; } | awk -F '\t' '
    $0 == "-" { now = 1; next }
    !now { size[$1] = $2; next }
    $2 > size[$1] { sum += $2 - size[$1] }
    END { printf "%.0f", sum }')
  printf 'logged\t%s\t%s\t%s\t%s\n' "$unit" "$wait" "$lines" "$bytes"
  case $(property "$unit" ActiveState) in
    active) ;;
    *) log "$unit" ;;
  esac
done
exit 0
"""


class Stay(Record):
    """One unit, before and after it was watched; the words are those of systemctl(1)."""

    volatile: ClassVar[frozenset[str]] = frozenset(
        {
            "log",
            "watched_s",
            "logged_lines",
            "logged_bytes",
            "memory_kib",
            "open_files",
            "opened_files",
            "threads",
            "programs",
            "new_programs",
            "wrote",
        }
    )
    active: str
    sub: str
    result: str = "success"
    restarts: int = 0
    """How often systemd restarted it automatically since it was last started by hand or at boot."""
    restarted: bool = False
    """Whether it is another invocation than at the beginning."""
    log: tuple[str, ...] = ()
    """The last lines of its journal, if it is not active."""
    watched_s: int = 0
    logged_lines: int = 0
    """In the journal while it was watched, and no client used it; at most 100,000."""
    logged_bytes: int = 0
    """By how much the files below /var/log grew that its processes have open."""
    memory_kib: int = 0
    """Of its processes at the end; of what they share with others, their part."""
    open_files: int = 0
    """Of its processes at the end, sockets and pipes as well."""
    opened_files: int = 0
    """How many more they had open at the end than at the beginning."""
    threads: int = 0
    """Of its processes at the end, with their first ones."""
    programs: tuple[str, ...] = ()
    """The files that one process of it ran, or was started with, all the time: by their paths."""
    new_programs: tuple[str, ...] = ()
    """Those that a process ran at the end, and none at the beginning."""
    wrote: tuple[str, ...] = ()
    """The last lines of the first files below /var/log that its processes have open."""

    @property
    def stopped(self) -> bool:
        """Return whether it is down, and not by a failure."""
        return (self.active, self.result) == ("inactive", "success")

    @property
    def complaint(self) -> str:
        """Return what is wrong with it, with its last journal lines, or "": it was always up."""
        log = "".join(f"\n  {line}" for line in self.log)
        if self.active != "active":
            return f"is {self.active} ({self.sub}, {self.result}){log}"
        return f"did not stay up: systemd started it again{log}" if self.restarted else ""


def became_daemon(was: Stay | Service, now: Stay) -> bool:
    """Return whether a unit was up without a process, and is up with one of its own."""
    return (was.active, was.sub, now.active, now.sub) == ("active", "exited", "active", "running")


def _became_daemons(before: Facts, after: Facts) -> list[str]:
    """Return the units that only started other units before."""
    was = before[Endurance]
    return [
        unit
        for unit, now in after[Endurance].items()
        if unit in was and unit in before[Services] and became_daemon(was[unit], now)
    ]


class Endurance(Probe[Stay]):
    """Watch the plan's services and their parts (``PartOf=``); keyed by unit.

    The script sleeps. It is read on a clone, alone, before any other intrusive probe.
    """

    section = "endurance"
    record: ClassVar[type[Record]] = Stay
    intrusive = True

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Explain a wrapper that the new release makes a daemon itself, and its old parts' end."""
        # A part that is added or removed is a line of the services, too, with a reason of its own.
        if line.before is None or line.after is None:
            part = line.path.removeprefix(f"{cls.section}/")
            without, having = (before, after) if line.before is None else (after, before)
            shown = part in having[Services] and part not in without[Services]
            return "the section services shows the same" if shown else ""
        unit, _, field = line.path.removeprefix(f"{cls.section}/").rpartition("/")
        now = after[cls].get(unit)
        if field == "sub" and unit in _became_daemons(before, after):
            return f"{unit} only started other units, and has a process of its own now"
        if now is None or not now.stopped:
            return ""
        wholes = (
            whole
            for whole in _became_daemons(before, after)
            if unit in before[Services][whole].parts
        )
        return next((f"{whole} does its work now" for whole in wholes), "")

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script, which takes up to ``min_uptime_s`` seconds, at most two minutes."""
        units = shlex.join(inputs.services)
        body = UNIT_SHELL + PROCESSES + _SCRIPT.replace("MAXIMUM", str(MAXIMUM_S))
        return f"set -- {units}\nstays={inputs.min_uptime_s:.0f}\n{body}" if units else "exit 0"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Stay]:
        """Return the result of each unit; lines of another shape are left out."""
        first: dict[str, str] = {}
        found: dict[str, Stay] = {}
        logs: dict[str, list[str]] = {}
        opened: dict[str, int] = {}
        ran: dict[tuple[str, str], set[tuple[str, str]]] = {}
        wrote: dict[str, list[str]] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["program", when, unit, pid, path]:
                    ran.setdefault((when, unit), set()).add((pid, path))
                case ["wrote", unit, *line]:
                    wrote.setdefault(unit, []).append(masked_text(" ".join(line)))
                case ["first", unit, _, _, _, _, invocation]:
                    first[unit] = invocation
                case ["second", unit, active, sub, result, restarts, invocation]:
                    found[unit] = Stay(
                        active=active,
                        sub=sub,
                        result=result or "success",
                        restarts=number(restarts) or 0,
                        restarted=invocation != first.get(unit, invocation),
                    )
                case ["uses", "first", unit, _, files, _]:
                    opened[unit] = number(files) or 0
                case ["uses", "second", unit, memory, files, threads] if unit in found:
                    open_files = number(files) or 0
                    update = {
                        "memory_kib": number(memory) or 0,
                        "open_files": open_files,
                        "opened_files": open_files - opened.get(unit, 0),
                        "threads": number(threads) or 0,
                    }
                    found[unit] = found[unit].model_copy(update=update)
                case ["logged", unit, seconds, lines, size] if unit in found:
                    update = {
                        "watched_s": number(seconds) or 0,
                        "logged_lines": number(lines) or 0,
                        "logged_bytes": number(size) or 0,
                    }
                    found[unit] = found[unit].model_copy(update=update)
                case ["log", unit, *line]:
                    logs.setdefault(unit, []).append(" ".join(line))
        return {
            unit: stay.model_copy(
                update={
                    "log": tuple(logs.get(unit, ())),
                    "wrote": tuple(wrote.get(unit, ())),
                    **_programs(ran.get(("first", unit), set()), ran.get(("second", unit), set())),
                }
            )
            for unit, stay in found.items()
        }


def _programs(
    first: set[tuple[str, str]], second: set[tuple[str, str]]
) -> dict[str, tuple[str, ...]]:
    """Return the programs that a process ran in both looks, and those of the second look only."""
    stayed = {path for _, path in first & second}
    new = {path for _, path in second} - {path for _, path in first}
    return {"programs": tuple(sorted(stayed)), "new_programs": tuple(sorted(new))}
