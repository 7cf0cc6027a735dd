"""What was written before the upgrade is read after it, through the service."""

import pytest

from upgradeproof.plan import Data
from upgradeproof.probes.data import RewrittenData, WrittenData
from upgradeproof.probes.text import new_lines
from upgradeproof.runner import State


@pytest.mark.subject("data")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_data_written_before_is_read_after(upgraded: State, data: Data) -> None:
    assert upgraded.read(data) == data.expected()


def complained(installed: State, state: State, data: Data) -> str:
    """Return the errors that a reading did not print before, or "": also where the plan knows."""
    before, after = (found[WrittenData][data.id] for found in (installed, state))
    new = new_lines(before.stderr, after.stderr)
    if not new or state.reason_for(f"{WrittenData.section}/{data.id}/stderr"):
        return ""
    return "\n".join([f"reading {data.id} prints what it did not print before:", *new])


@pytest.mark.subject("data")
@pytest.mark.follows(
    "test_data::test_data_written_before*",
    "test_services::*_active*",
    "test_config_checks::test_no_daemon_refuses*",
    "test_libraries::*",
)
def test_reading_data_prints_no_new_error(installed: State, upgraded: State, data: Data) -> None:
    new = complained(installed, upgraded, data)
    assert not new, new


@pytest.mark.subject("data")
@pytest.mark.follows(
    "test_data::test_data_written_before*",
    "test_reboot::test_data_written*",
    "test_reboot::*active*",
)
def test_reading_data_prints_no_new_error_after_the_next_boot(
    installed: State, rebooted: State, data: Data
) -> None:
    new = complained(installed, rebooted, data)
    assert not new, new


@pytest.mark.subject("data")
@pytest.mark.follows(
    "test_services::*_active*",
    "test_data::test_data_written_before*",
    "test_reboot::test_*active*",
    "test_in_use::test_data_is_written*",
)
def test_another_value_is_written_and_read(
    installed_rebooted: State, rebooted: State, data: Data
) -> None:
    """A write that does nothing is not seen where the value is there already."""
    another = data.another
    if another is None:
        pytest.skip(f"`write` of {data.id} always writes the same: use $UPGRADEPROOF_VALUE in it")
    before, after = (state[RewrittenData][data.id] for state in (installed_rebooted, rebooted))
    if before.stdout.strip() != another.expected():
        pytest.skip(f"the old release does not give back another value of {data.id}")
    wrote = rebooted[RewrittenData][f"{data.id}/write"].stderr
    assert after.stdout.strip() == another.expected(), "\n".join(
        [
            f"{another.expected()!r} was written to {data.id}, {after.stdout.strip()!r} is read",
            *wrote,
            *after.stderr,
        ]
    )
