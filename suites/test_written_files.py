"""What the services of the new release write is open to no more users than before."""

import pytest

from upgradeproof.probes.attribution import distribution_upgraded
from upgradeproof.runner import InUse, State
from upgradeproof.runner.written import files_next_to, opened_up, written_files


@pytest.mark.follows(
    "test_services::*_active*", "test_in_use::test_service_starts*", "test_in_use::test_data_is_w*"
)
def test_written_files_are_open_to_no_more_users(
    installed: State, upgraded: State, in_use: InUse
) -> None:
    """The services were started with the clone, and all data is written, before they are read."""
    if upgraded.fidelity.own_kernel:
        pytest.skip("another clone of a VM takes minutes: a container shows the same")
    in_use.write_all()
    after = written_files(in_use.machine)
    found = opened_up(
        files_next_to(installed.machine, after),
        after,
        any_bit=not distribution_upgraded(installed.facts, upgraded.facts),
    )
    open_to_more = [
        text for path, text in found.items() if not upgraded.reason_for(f"files/{path}/mode")
    ]
    assert not open_to_more, "\n".join(open_to_more)
