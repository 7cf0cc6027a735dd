"""What a run knows of the plans themselves: their files, and their unused expected changes."""

from __future__ import annotations

from typing import Literal

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.results.base import Frozen


class PlanFile(Frozen):
    """The file that holds a product's plan, as it was when the run read it."""

    product: str
    path: str
    """Relative to the folder in which pytest ran, where it is below it."""
    sha256: str


class UnusedChange(Frozen):
    """An expected change of a plan that did not happen on any platform, where all of them ran."""

    product: str
    upgrade: str = ""
    """The upgrade that it belongs to, such as ``12-to-13``; empty: all of the product's."""
    facts: str
    """The glob that no change fits."""
    kind: ChangeKind | None = None
    """The kind of change that it excuses; None: any."""
    reason: str

    @property
    def where(self) -> str:
        """Return the product, and the upgrade where it belongs to one: ``web 12-to-13``."""
        return f"{self.product} {self.upgrade}".rstrip()


class ShardOf(Frozen):
    """Which part of a run a process takes: one shard of a shards.json."""

    digest: str
    """SHA-256 of the shards.json: parts of two of them do not fold into one run."""
    number: int
    """From 1."""
    count: int


class RejectedPart(Frozen):
    """A folder that was to be folded into this run, and is no part of it: its results are lost."""

    folder: str
    reason: str


class PartRejected(Frozen):
    """A folder that was named as a part of this run is none."""

    event: Literal["part_rejected"] = "part_rejected"
    part: RejectedPart
