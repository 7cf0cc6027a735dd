"""The machine can boot again: the initramfs of its kernels holds what the root disk needs.

Looked at are the kernel that runs, and the newest one, which the boot loader starts next.
"""

import pytest

from upgradeproof.probes.boot import Boot
from upgradeproof.probes.initramfs import Initramfs, InitramfsImages
from upgradeproof.runner import State

pytestmark = pytest.mark.own_kernel


def images(state: State) -> list[Initramfs]:
    """Return the archives, one for each kernel; without an archive its size is None."""
    found = {image.release: image for image in state[InitramfsImages].values()}
    assert state[Boot]["current"].release in found, "nothing was read of the running kernel's"
    return list(found.values())


def test_kernel_has_an_initramfs(upgraded: State) -> None:
    without = [
        f"/boot/initrd.img-{image.release} is missing or empty; to do: make free space in /boot,"
        f" then update-initramfs -c -k {image.release}"
        for image in images(upgraded)
        if not image.size_bytes
    ]
    assert not without, "\n".join(without)


def test_initramfs_is_readable(upgraded: State) -> None:
    damaged = [
        "\n".join([f"/boot/initrd.img-{image.release} can't be listed", *image.messages])
        for image in images(upgraded)
        if image.size_bytes and not image.readable
    ]
    assert not damaged, "\n".join(damaged)


def test_initramfs_holds_every_driver_of_the_root_disk(upgraded: State) -> None:
    lacking = [
        f"/boot/initrd.img-{image.release} lacks {', '.join(image.missing) or 'all that is known'};"
        f" the root disk needs {', '.join(image.needed)} and what these depend on; to do: see"
        f" /etc/initramfs-tools, then update-initramfs -u -k {image.release}"
        for image in images(upgraded)
        if image.missing or not image.readable
    ]
    assert not lacking, "\n".join(lacking)
