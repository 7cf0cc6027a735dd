"""The packages under test can be configured again and removed, as those of the old release."""

import pytest

from upgradeproof.runner.removals import Removal, both_removed, lost, worse

pytestmark = pytest.mark.destructive

NOTHING = "no package of the plan's releases is installed in one of them: nothing was removed"


def test_packages_are_configured_again_and_removed_as_before(
    removals: tuple[Removal, Removal],
) -> None:
    """A script that fails a second time, or at the end, leaves a package that dpkg can't repair."""
    if not both_removed(*removals):
        pytest.skip(NOTHING)
    failed = worse(*removals)
    assert not failed, "\n".join(failed)


def test_removal_takes_nothing_that_it_left_before(removals: tuple[Removal, Removal]) -> None:
    if not both_removed(*removals):
        pytest.skip(NOTHING)
    taken = lost(*removals)
    assert not taken, "gone with the packages, and left by those before: " + ", ".join(taken)
