"""A machine in use: writes, restarts and log rotations, done in a minute."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cached_property

from upgradeproof.command import Completed
from upgradeproof.machines import Machine
from upgradeproof.plan import Data, Log
from upgradeproof.plan.data import Moment
from upgradeproof.probes.unit_shell import INSTANCES, PROCESSES
from upgradeproof.runner.restarts import Restarts, restart_all
from upgradeproof.runner.state import State

LOOKS, LOOK_S = 5, 1.0
SPINS = 0.5
"""Of one processor. A service that wants as much in every sample spins: one that has just started
wants less soon, and a busy host takes some of the share of one that spins."""
TIMEOUT_S = 60.0
# Nanoseconds that all threads of a unit ran or waited for a processor: on a busy host, a service
# that spins gets less than one processor, and still wants it.
_WANTED = (
    PROCESSES
    + r"""
look() {
  for unit in "$@"; do
    tasks=$(processes "$unit" 'INSTANCES' | sed 's|$|/task/*/schedstat|')
    cat /dev/null $tasks 2>/dev/null | awk '
      { sum += $1 + $2 }
      END { getline <"/proc/uptime"; printf "%.0f %.0f\n", sum, $1 * 1e9 }'
  done
}
""".replace("INSTANCES", INSTANCES)
)
# Moved away, the log is another file (or none yet); cut short in its place, it is smaller. An empty
# log could be neither, so a line is written first.
_ROTATION = r"""
set -e
[ -e "$file" ] || { echo "there is no $file"; exit 1; }
size_of() { stat -c %s "$1" 2>/dev/null || echo 0; }
grows() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(size_of "$1")" -le "$2" ] || return 0
    sleep 0.2
  done
  return 1
}
if [ ! -s "$file" ]; then
  write
  grows "$file" 0 || { echo "nothing was written to $file, which is empty"; exit 1; }
fi
number=$(stat -c %i "$file")
before=$(size_of "$file")
rotate
old=$(find "$(dirname "$file")" -inum "$number" ! -path "$file")
size=$([ -z "$old" ] || size_of "$old")
start=$(size_of "$file")
[ -n "$old" ] || [ "$(stat -c %i "$file" 2>/dev/null)" != "$number" ] ||
  [ "$start" -lt "$before" ] ||
  { echo "$file was not rotated: it is the same file, and no shorter"; exit 1; }
write
grows "$file" "$start" || {
  [ -z "$old" ] || [ "$(size_of "$old")" = "$size" ] ||
    { echo "$old was moved away, and the service still writes to it"; exit 1; }
  echo "nothing was written to $file after its rotation"
  exit 1
}
"""


class InUse:
    """A clone of ``upgraded`` that may be changed: that has no effect on any state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._cell = state.cell
        self._written: dict[str, Completed] = {}
        """What each write ended with; what is not here was written before the upgrade."""

    def run(self, script: str) -> Completed:
        """Run a script that may change the machine."""
        return self._state.machine.run(script, timeout_s=TIMEOUT_S)

    @property
    def machine(self) -> Machine:
        """Return the clone."""
        return self._state.machine

    @cached_property
    def restarts(self) -> Restarts:
        """Restart all services once, and return what became of them."""
        return restart_all(self._state)

    @cached_property
    def restarted(self) -> State:
        """Return the state on this machine after the restart of all its services."""
        self.restarts  # noqa: B018  # it is done when it is first asked for
        return self._state

    def write(self, data: Data) -> Completed:
        """Write another value than before the upgrade, through the service: once."""
        if data.id not in self._written:
            self._written[data.id] = self.run(data.to_write("after"))
        return self._written[data.id]

    def write_all(self) -> None:
        """Write each item of data; whether that succeeds is for ``test_data_is_written``."""
        for data in self._cell.expect.data:
            self.write(data)

    def read(self, data: Data) -> str:
        """Return what the service returns of what was last written, or why it returns nothing."""
        done = self.run(data.to_read(self._moment(data)))
        return done.text if done.ok else f"exit status {done.exit_status}: {done.tail}"

    def expected(self, data: Data) -> str:
        """Return what ``read`` must return: what was last written."""
        return data.expected(self._moment(data))

    def _moment(self, data: Data) -> Moment:
        """Return when the data was written last."""
        return "after" if data.id in self._written else "before"

    def rotate(self, log: Log) -> Completed:
        """Rotate a log and let the service write a line; the output has the problem, if any."""
        given = f"file={shlex.quote(log.path)}\n"
        given += f"rotate() {{\n{log.rotate}\n}}\nwrite() {{\n{log.write}\n}}\n"
        return self.run(given + _ROTATION)

    @cached_property
    def spinning(self) -> dict[str, float]:
        """Return the services that were busy in every look, each with the processors it wants.

        The keys are the names in the plan.
        """
        found: dict[str, float] = {}
        declared = {unit.name: unit.after for unit in self._cell.expect.units}
        watched = {name: unit for name, unit in declared.items() if unit}
        for _ in range(LOOKS):
            if not watched:
                return {}
            shares = self._shares(watched)
            found = {name: share for name, share in shares.items() if share >= SPINS}
            watched = {name: watched[name] for name in found}
        return found

    def _shares(self, watched: Mapping[str, str]) -> dict[str, float]:
        """Sample units, by their services: how many processors each wants."""
        units = shlex.join(watched.values())
        looked = self.run(f"{_WANTED}look {units}\nsleep {LOOK_S:g}\nlook {units}").text
        times = [[int(cell) for cell in line.split(" ")] for line in looked.splitlines()]
        before, after = times[: len(watched)], times[len(watched) :]
        return {
            name: (then[0] - first[0]) / (then[1] - first[1])
            for name, first, then in zip(watched, before, after, strict=True)
        }
