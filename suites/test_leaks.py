"""A service keeps nothing open for a request that is over."""

import pytest

from upgradeproof.runner import InUse, State
from upgradeproof.runner.inputs import probe_inputs
from upgradeproof.runner.leaks import growth, leaked


@pytest.mark.follows("test_services::*_active*", "test_service_ports::test_endpoint_answers*")
def test_a_request_leaves_nothing_open(installed: State, upgraded: State, in_use: InUse) -> None:
    """A file or a thread for each request ends a service after some days."""
    if upgraded.fidelity.own_kernel:
        pytest.skip("another clone of a VM takes minutes: a container shows the same")
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
