"""The initramfs, compared with the drivers that the root disk needs."""

from __future__ import annotations

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.initramfs import Initramfs, InitramfsImages
from upgradeproof.probes.inputs import ProbeInputs

KERNEL = "kernel\trunning\t6.1\t100\n"


def images(text: str) -> dict[str, Initramfs]:
    return InitramfsImages.parse(text, ProbeInputs())


def test_an_archive_with_every_driver_lacks_nothing() -> None:
    assert images(captured("initramfs"))["running"] == Initramfs(
        release="5.10.0-38-cloud-amd64",
        size_bytes=8100200,
        needed=("ext4", "virtio_blk"),
        module_count=2,
    )


def test_a_driver_that_is_built_in_for_one_kernel_may_be_missing_for_the_next() -> None:
    assert images(captured("initramfs"))["newest"].missing == ("virtio_blk",)


def test_the_newest_kernel_may_be_the_running_one() -> None:
    both = images(KERNEL + "status\t0\nsame\n")
    assert both["newest"] == both["running"]


def test_a_missing_archive_is_reported() -> None:
    gone = images("kernel\trunning\t6.1\t\n")["running"]
    assert (gone.size_bytes, gone.readable) == (None, False)


def test_an_archive_that_cannot_be_listed_is_unreadable() -> None:
    torn = images(KERNEL + "holds\text4\nmessage\tcpio: premature end of archive\nstatus\t0\n")
    assert not torn["running"].readable
    assert torn["running"].messages == ("cpio: premature end of archive",)
    assert not images(KERNEL + "status\t124\n")["running"].readable
    assert not images(KERNEL)["running"].readable


def test_a_driver_that_the_kernel_does_not_have_is_missing() -> None:
    lost = images(KERNEL + "needs\tvirtio_blk\t1\ndepends\tmodprobe: FATAL: x\nstatus\t0\n")
    assert lost["running"].missing == ("virtio_blk",)


def test_a_container_has_none() -> None:
    assert images("") == {}
