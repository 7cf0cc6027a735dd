"""A service keeps nothing open for a request that is over."""

import pytest

from upgradeproof.machines import Machine
from upgradeproof.runner import InUse, State
from upgradeproof.runner.inputs import probe_inputs
from upgradeproof.runner.leaks import Growth, growth_by_requests, leaked

pytestmark = pytest.mark.destructive


def growth(state: State, machine: Machine) -> dict[str, Growth]:
    """Return how much the services grew on a machine in this state, by their names in the plan."""
    scripts = [asking.script for asking in probe_inputs(state.cell, state.name).web]
    units = {u.name: unit for u in state.cell.expect.units if (unit := u.name_in(state.name))}
    found = growth_by_requests(machine, units.values(), scripts)
    return {name: found[unit] for name, unit in units.items() if unit in found}


@pytest.mark.follows("test_services::*_active*", "test_service_ports::test_endpoint_answers*")
def test_a_request_leaves_nothing_open(installed: State, upgraded: State, in_use: InUse) -> None:
    """A file or a thread for each request ends a service after some days."""
    if not probe_inputs(upgraded.cell, upgraded.name).web:
        pytest.skip("the plan has no endpoint over http or https that is asked from inside")
    before, after = growth(installed, installed.machine), growth(upgraded, in_use.machine)
    leaks = [
        f"{name} {text}"
        for name, now in after.items()
        if name in before
        and (text := leaked(before[name], now))
        and not upgraded.reason_for(f"endurance/{upgraded.unit(name)}/open_files")
    ]
    assert not leaks, "\n".join(leaks)
