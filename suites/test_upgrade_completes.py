"""The old release is installed, and every step of the upgrade succeeds."""

import pytest

from upgradeproof.runner import State

pytestmark = pytest.mark.first


def test_upgrade_completes(upgraded: State) -> None:
    """The state itself raises the error of a step; the other checks then never run."""
    assert upgraded.facts.sections, "no facts were read after the upgrade"
