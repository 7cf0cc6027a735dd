"""A client still reports that its service is not there."""

import pytest

from upgradeproof.runner import State
from upgradeproof.runner.stopped import Stopped, hidden_failures

pytestmark = pytest.mark.destructive


@pytest.mark.follows("test_data::*", "test_in_use::test_data_is_written*")
def test_no_failure_is_hidden(installed: State, upgraded: State) -> None:
    """A script that asks for the exit status takes a lost write for a success."""
    if upgraded.fidelity.own_kernel or not upgraded.cell.expect.data:
        pytest.skip("the plan has no data, or its machine is a VM, whose clones take minutes")
    before, after = Stopped(installed), Stopped(upgraded)
    if not (before.tried and after.tried):
        pytest.skip("the plan has no services, or one of them can't be stopped")
    hidden = hidden_failures(before, after, upgraded)
    assert not hidden, "\n".join(hidden)
