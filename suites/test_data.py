"""What was written before the upgrade is read after it, through the service."""

from upgradeproof.journey import State
from upgradeproof.plan import Data


def test_data_written_before_is_read_after(upgraded: State, data: Data) -> None:
    assert upgraded.read(data) == data.gives
