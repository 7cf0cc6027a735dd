"""The diff of the facts holds nothing that the plan does not expect."""

from upgradeproof.runner import State


def test_every_change_is_expected(upgraded: State) -> None:
    unexplained = upgraded.unexplained
    assert not unexplained, unexplained
