"""What the plan's scripts report while no service of the plan runs, tried on a clone."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import cached_property

from upgradeproof.runner.state import State

STOP_TIMEOUT_S, TIMEOUT_S = 300.0, 60.0


class Stopped:
    """A clone on which the plan's services are stopped when it is first asked for."""

    def __init__(self, state: State) -> None:
        self._state = state

    @cached_property
    def _units(self) -> str:
        """Return the units of the plan's services, with their parts and instances, for a shell."""
        state = self._state
        there = [unit.name for unit in state.cell.expect.units if unit.name_in(state.name)]
        return shlex.join(dict.fromkeys(unit for name in there for unit in state.units(name)))

    @cached_property
    def tried(self) -> bool:
        """Return whether there is a service, and all of them could be stopped."""
        stop = f"systemctl stop -- {self._units}"
        return bool(self._units) and self._state.machine.run(stop, timeout_s=STOP_TIMEOUT_S).ok

    def succeeds(self, script: str) -> bool:
        """Return whether a script ends with success while no service runs.

        One that made systemd start a service again, by its socket, had a service.
        """
        limited = f"timeout -k 5 20 sh -c {shlex.quote(script)} </dev/null >/dev/null 2>&1"
        running = (
            f"systemctl is-active -- {self._units} | grep -qE '^(active|activating|reloading)'"
        )
        alone = f"{limited} && ! {running}"
        return self._state.machine.run(alone, timeout_s=TIMEOUT_S).ok


def scripts_of_data(state: State) -> Iterator[tuple[str, str]]:
    """Yield the scripts that write and read the plan's data, with a name."""
    for data in state.cell.expect.data:
        yield f"`{data.write}`, which writes {data.id},", data.to_write("after")
        yield f"`{data.read}`, which reads {data.id},", data.to_read("after")


def hidden_failures(before: Stopped, after: Stopped, state: State) -> list[str]:
    """Return which scripts succeed without a service now, and failed before."""
    return [
        f"{name} ends with exit status 0 while no service runs, and failed before the upgrade"
        for name, script in scripts_of_data(state)
        if after.succeeds(script) and not before.succeeds(script)
    ]
