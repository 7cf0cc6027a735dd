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
    def _units(self) -> tuple[str, ...]:
        """Return the units of the plan's services, with their parts and instances."""
        state = self._state
        there = [unit.name for unit in state.cell.expect.units if unit.name_in(state.name)]
        return tuple(dict.fromkeys(unit for name in there for unit in state.units(name)))

    @cached_property
    def _machine_is_ready(self) -> bool:
        stop = f"systemctl stop -- {shlex.join(self._units)}"
        return bool(self._units) and self._state.machine.run(stop, timeout_s=STOP_TIMEOUT_S).ok

    def succeeds(self, script: str) -> bool:
        """Return whether a script ends with success while all services are stopped.

        Where one can't be stopped, or runs again afterwards (its socket started it), the success is
        not one without the service: False.
        """
        if not self._machine_is_ready:
            return False
        tried = (
            f"timeout 20 sh -c {shlex.quote(script)} </dev/null >/dev/null 2>&1"
            f" && ! systemctl is-active -- {shlex.join(self._units)}"
            " | grep -qE '^(active|activating|reloading)'"
        )
        return self._state.machine.run(tried, timeout_s=TIMEOUT_S).ok


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
