"""One restart of all services of the plan, and whether each of them stays up afterwards."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from upgradeproof.probes import read
from upgradeproof.probes.endurance import Endurance, Stay, became_daemon
from upgradeproof.probes.services import Services
from upgradeproof.runner.inputs import probe_inputs
from upgradeproof.runner.readiness import NO_LISTENER, wait_until_ready
from upgradeproof.runner.state import State
from upgradeproof.states import StateName

RESTART_TIMEOUT_S = 300.0
"""Limit of all restarts together: a service that does not stop is killed after 90 s by default."""


@dataclass(frozen=True, kw_only=True)
class Restarts:
    """The result of a restart: each complaint by its service, and what else was missing."""

    complaints: dict[str, str]
    missing: tuple[str, ...]
    """Lines about ports on which nothing listened any more."""


def restart_all(state: State) -> Restarts:
    """Restart every service of the plan, wait until they are ready, and watch that they stay up.

    They are watched together, for ``min_uptime_s``, or for the longest delay between two restarts
    of one of them. A service that was not up before has to be up now, too.
    """
    cell, machine = state.cell, state.machine
    refused = {unit.name: _restart(state, unit.name) for unit in cell.expect.units if unit.after}
    limit_s = cell.plan.ready_timeout_s
    missing = wait_until_ready(machine, cell.expect, StateName.UPGRADED, limit_s).splitlines()
    stays = read(machine, probe_inputs(cell, StateName.UPGRADED), (Endurance,))[Endurance]
    complaints = {}
    for service, refusal in refused.items():
        found = [refusal] if refusal else []
        found += complaints_of(state, service, stays)
        complaints[service] = "\n".join(found)
    ports = tuple(line for line in missing if line.startswith(NO_LISTENER))
    return Restarts(complaints=complaints, missing=ports)


def complaints_of(state: State, service: str, stays: Mapping[str, Stay]) -> Iterator[str]:
    """Yield what is wrong with a service after its restart, and with its parts that were up.

    A wrapper that the new release makes a daemon itself stops its old parts, and starts none.
    """
    main = state.unit(service)
    was, now = state[Services].get(main), stays.get(main)
    replaced = was is not None and now is not None and became_daemon(was, now)
    for unit in state.units(service):
        stay = stays.get(unit)
        if stay is None or not stay.complaint or not (unit == main or _was_up(state, unit)):
            continue
        if replaced and unit != main and stay.stopped:
            continue
        yield f"{unit} {stay.complaint}"


def _restart(state: State, service: str) -> str:
    """Restart one service and return what systemd prints if it refuses, or ""."""
    unit = shlex.quote(state.unit(service))
    done = state.machine.run(f"systemctl restart -- {unit}", timeout_s=RESTART_TIMEOUT_S)
    return "" if done.ok else done.tail


def _was_up(state: State, unit: str) -> bool:
    found = state[Services].get(unit)
    return found is not None and found.active == "active"
