"""A fallback is possible: the kernel from before is installed and can be started."""

import pytest

from upgradeproof.probes.boot import Boot
from upgradeproof.runner import State

pytestmark = pytest.mark.own_kernel


def test_every_installed_kernel_has_its_initramfs(upgraded: State) -> None:
    boot = upgraded[Boot]["current"]
    without = [release for release in boot.images if release not in boot.initramfs]
    assert not without, f"no initramfs, or an empty one, for {', '.join(without)}"


def test_kernel_from_before_is_still_installed(installed: State, upgraded: State) -> None:
    before, after = installed[Boot]["current"].release, upgraded[Boot]["current"].images
    assert before in after, f"{before} is gone from /boot: there is no kernel to roll back to"
