"""Disks and their I/O schedulers."""

from __future__ import annotations

from upgradeproof.probes.disks import Disk, Disks
from upgradeproof.probes.inputs import ProbeInputs


def test_the_scheduler_in_brackets_is_in_use() -> None:
    output = "disk\tvda\t1\tnone [mq-deadline] bfq\ndisk\tnvme0n1\t0\t[none] mq-deadline\n"
    assert Disks.parse(output, ProbeInputs()) == {
        "vda": Disk(rotational=True, scheduler="mq-deadline"),
        "nvme0n1": Disk(rotational=False, scheduler="none"),
    }


def test_the_only_scheduler_is_in_use() -> None:
    assert Disks.parse("disk\tpmem0\t0\tnone\n", ProbeInputs())["pmem0"].scheduler == "none"


def test_lines_of_another_format_are_ignored() -> None:
    assert Disks.parse("\ndisk\tvda\tmaybe\tnone\ndisk\n\x1b[2J", ProbeInputs()) == {}
