"""Storage: writes in a second, if they can be measured, and I/O schedulers."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.preflight.amounts import judge_amount, unknown
from upgradeproof.preflight.base import Situation
from upgradeproof.probes.disks import Disks
from upgradeproof.probes.folders import Folders
from upgradeproof.results import Finding

NOT_A_DISK = ("tmpfs", "ramfs", "overlayfs")
"""File systems in memory, and those on the disk of the machine's host."""


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield slow storage and wrong schedulers, if the plan requires others."""
    yield from _iops(situation)
    yield from _schedulers(situation)


def _iops(situation: Situation) -> Iterator[Finding]:
    asked = situation.cell.plan.preflight.storage_iops
    folder = situation.facts[Folders].get(asked.path)
    if not asked.asked:
        return
    if folder is None:
        why = f"{asked.path} was not read."
    elif not situation.fidelity.absolute_time:
        why = (
            f"The machine is emulated ({situation.fidelity.execution}): its time is not real time."
        )
    elif folder.file_system in NOT_A_DISK:
        why = f"{asked.path} is on {folder.file_system}, which is no storage of this machine."
    elif folder.write_iops is None:
        why = "fio is not installed on the machine, or could not measure there."
    else:
        yield from judge_amount(
            asked,
            folder.write_iops,
            name="storage",
            of=f"writes of 4 KiB in a second in {asked.path}",
            meaning="On slower storage the new release stalls when it writes.",
            remedy="put its folder on storage that supports {} writes in a second",
        )
        return
    yield unknown(
        name="storage",
        what=f"how many writes in a second {asked.path} supports",
        why=why,
        remedy="measure it with fio on a machine like the production machine",
    )


def _schedulers(situation: Situation) -> Iterator[Finding]:
    asked = situation.cell.plan.preflight.schedulers
    for name, disk in situation.facts[Disks].items():
        right = asked.rotational if disk.rotational else asked.non_rotational
        if right and disk.scheduler not in right:
            kind = "rotates" if disk.rotational else "does not rotate"
            yield Finding(
                id=f"scheduler/{name}",
                severity=asked.severity,
                title=f"the disk {name} has the I/O scheduler {disk.scheduler}",
                meaning=f"It {kind}: the plan has {' or '.join(right)} for it.",
                remedy=f"echo {right[0]} >/sys/block/{name}/queue/scheduler, and a udev rule to"
                " make it permanent",
            )
