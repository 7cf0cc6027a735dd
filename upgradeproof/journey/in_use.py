"""A machine in use: what users and time do to it, done at once."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import cached_property

from upgradeproof.command import Completed
from upgradeproof.journey.state import State
from upgradeproof.plan import Log
from upgradeproof.product import wait_until_ready

LOOKS, LOOK_S = 5, 1.0
SPINS = 0.9
"""Of one processor. Who wants it in every look spins: a service that just started calms down."""
TIMEOUT_S = 60.0
# Nanoseconds that all threads of a unit ran or waited for a processor: on a busy host, who spins
# gets less than one, and wants it all the same.
_WANTED = r"""
wanted() {
  processes=$(grep -lsE "/$1(/|\$)" /proc/[0-9]*/cgroup | sed 's|cgroup$|task|')
  [ -z "$processes" ] || find $processes -name schedstat -exec cat {} + 2>/dev/null |
    awk '{ sum += $1 + $2 } END { printf "%.0f", sum }'
}
look() { echo "clock $(date +%s.%N)"; for unit in "$@"; do echo "$unit $(wanted "$unit")"; done; }
"""
_ROTATION = r"""
set -e
[ -e "$file" ] || { echo "there is no $file"; exit 1; }
number=$(stat -c %i "$file")
rotate
old=$(find "$(dirname "$file")" -inum "$number" ! -path "$file")
size=$([ -z "$old" ] || stat -c %s "$old")
write
sleep 0.2
[ -z "$old" ] || [ "$(stat -c %s "$old")" = "$size" ] ||
  { echo "$old was moved away, and the service still writes to it"; exit 1; }
[ -s "$file" ] || { echo "nothing was written to $file after its rotation"; exit 1; }
"""


class InUse:
    """A clone of ``upgraded`` that may be changed: what is done to it, no state ever sees."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._cell = state.cell

    def run(self, script: str) -> Completed:
        """Run a script that may change the machine."""
        return self._state.machine.run(script, timeout_s=TIMEOUT_S)

    def restart(self, service: str) -> str:
        """Restart a service, and return what then is not in use, or ""."""
        done = self.run(f"systemctl restart {shlex.quote(service)}.service")
        if not done.ok:
            return done.tail
        limit_s = self._cell.plan.ready_timeout_s
        return wait_until_ready(self._state.machine, self._cell.expect, "upgraded", limit_s)

    def rotate(self, log: Log) -> Completed:
        """Rotate a log and let the service write a line; the output says what went wrong."""
        given = f"file={shlex.quote(log.path)}\n"
        given += f"rotate() {{\n{log.rotate}\n}}\nwrite() {{\n{log.write}\n}}\n"
        return self.run(given + _ROTATION)

    @cached_property
    def spinning(self) -> dict[str, float]:
        """Return the services that were busy in every look, each with the processors it wants."""
        found: dict[str, float] = {}
        watched: Sequence[str] = self._cell.expect.services
        for _ in range(LOOKS):
            if not watched:
                return {}
            shares = self._shares(watched)
            found = {name: share for name, share in shares.items() if share >= SPINS}
            watched = tuple(found)
        return found

    def _shares(self, services: Sequence[str]) -> dict[str, float]:
        """Look at the services for a moment: how many processors each wants."""
        units = shlex.join(f"{name}.service" for name in services)
        text = self.run(f"{_WANTED}look {units}\nsleep {LOOK_S:g}\nlook {units}").text
        lines = text.splitlines()
        half = len(lines) // 2
        before = dict(line.split(" ", 1) for line in lines[:half])
        after = dict(line.split(" ", 1) for line in lines[half:])
        passed_s = float(after["clock"]) - float(before["clock"])
        return {
            name: (int(after[unit] or 0) - int(before[unit] or 0)) / 1e9 / passed_s
            for name in services
            if (unit := f"{name}.service")
        }
