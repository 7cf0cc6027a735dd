"""What services keep open after requests that are over."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import NamedTuple

from upgradeproof.machines import Machine
from upgradeproof.probes.text import clean, number, rows
from upgradeproof.probes.unit_shell import INSTANCES, PROCESSES
from upgradeproof.runner.inputs import probe_inputs
from upgradeproof.runner.state import State

REQUESTS = 40
"""To each endpoint, one after another, after a few that start what is started on demand."""
WARM, MAX_SCRIPTS = 5, 4
MIN_GROWTH = 30
"""A pool of processes or threads that grows to its limit is smaller, or grew so before, too."""
MORE = 4
"""Times as much as before the upgrade."""
TIMEOUT_S = 180.0
_SCRIPT = r"""
count() {
  for unit in $units; do
    files=0 threads=0
    for folder in $(processes "$unit" 'INSTANCES'); do
      files=$((files + $(ls "$folder/fd" 2>/dev/null | wc -l)))
      threads=$((threads + $(ls "$folder/task" 2>/dev/null | wc -l)))
    done
    printf 'growth\t%s\t%s\t%s\n' "$unit" $files $threads
  done
}
ask() {
  asked=0 end=$(($(date +%s) + 20))
  while [ $asked -lt $2 ] && [ "$(date +%s)" -lt $end ]; do
    timeout 5 sh -c "$1" </dev/null >/dev/null 2>&1
    asked=$((asked + 1))
  done
}
for script in SCRIPTS; do ask "$script" WARM; done
sleep 1
count
for script in SCRIPTS; do ask "$script" REQUESTS; done
sleep 2
count
exit 0
"""
_SCRIPT = PROCESSES + _SCRIPT.replace("INSTANCES", INSTANCES)


class Growth(NamedTuple):
    """How many more files and threads a unit has after the requests than before them."""

    files: int
    threads: int


def growth_by_requests(
    machine: Machine, units: Iterable[str], scripts: Iterable[str]
) -> dict[str, Growth]:
    """Run each script ``REQUESTS`` times, and return how much each unit grew.

    Only the first ``MAX_SCRIPTS`` scripts are run.
    """
    chosen = shlex.join(list(scripts)[:MAX_SCRIPTS])
    script = _SCRIPT.replace("WARM", str(WARM)).replace("REQUESTS", str(REQUESTS))
    given = f"units={shlex.quote(' '.join(units))}\n"
    done = machine.run(given + script.replace("SCRIPTS", chosen), timeout_s=TIMEOUT_S)
    counted: dict[str, list[Growth]] = {}
    for cells in rows(clean(done.text)):
        match cells:
            case ["growth", unit, files, threads]:
                counts = Growth(number(files) or 0, number(threads) or 0)
                counted.setdefault(unit, []).append(counts)
    return {
        unit: Growth(last.files - first.files, last.threads - first.threads)
        for unit, (first, last) in counted.items()
    }


def growth(state: State, machine: Machine) -> dict[str, Growth]:
    """Return how much the services grew on a machine in this state, by their names in the plan."""
    scripts = [asking.script for asking in probe_inputs(state.cell, state.name).web]
    units = {u.name: unit for u in state.cell.expect.units if (unit := u.name_in(state.name))}
    found = growth_by_requests(machine, units.values(), scripts)
    return {name: found[unit] for name, unit in units.items() if unit in found}


def leaked(before: Growth, after: Growth) -> str:
    """Return what a unit keeps for each request now, or "": no more than before."""
    for what, was, now in (
        ("files", before.files, after.files),
        ("threads", before.threads, after.threads),
    ):
        if now >= MIN_GROWTH and now >= MORE * was:
            return (
                f"has {now} {what} more after {REQUESTS} requests that are over;"
                f" {max(was, 0)} more before the upgrade"
            )
    return ""
