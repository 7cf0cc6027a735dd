"""Free space in the product's folders, on the root file system, and in /boot."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.plan.preflight import BOOT, Amount, Space
from upgradeproof.preflight.amounts import judge_amount, unknown
from upgradeproof.preflight.base import Situation
from upgradeproof.probes.boot import Boot
from upgradeproof.probes.folders import Folder, Folders
from upgradeproof.results import Finding

MB = 1_000_000


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield folders with too little free space; /boot counts if it has a kernel.

    What is not known is a finding where the plan names the folder.
    """
    folders, asked = situation.facts[Folders], situation.cell.plan.preflight
    for space in asked.required_space:
        if space.path == BOOT and not situation.facts[Boot]:
            continue
        folder = folders.get(space.path) or Folder()
        yield from _judge(space, folder)
        if folder.available_bytes is None and space in asked.space:
            yield unknown(
                name=f"room/{space.path}",
                what=f"how much is free in {space.path}",
                why="The file system of the folder did not report it.",
                remedy=f"run `df {space.path}` on the production machine",
            )


def _judge(space: Space, folder: Folder) -> Iterator[Finding]:
    if folder.available_bytes is not None:
        yield from judge_amount(
            Amount(min=space.min_mb, recommended=space.recommended_mb, severity=space.severity),
            folder.available_bytes / MB,
            name=f"room/{space.path}",
            of=f"MB free in {space.path}",
            meaning="Without free space the upgrade fails, and the new release can't write.",
            remedy="free space, or raise the quota, until {} MB are free in " + space.path,
        )
    if folder.available_inodes == 0:
        yield Finding(
            id=f"inodes/{space.path}",
            severity=space.severity,
            title=f"no inode is free in {space.path}",
            meaning="No file can be made there, however much space is free.",
            remedy=f"remove files from {space.path}, or make its file system with more inodes",
        )
