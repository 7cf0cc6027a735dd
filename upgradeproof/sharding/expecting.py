"""Compare the parts of a run with shards.json: what is missing, doubled, truncated or foreign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from upgradeproof.results import RejectedPart
from upgradeproof.results.declared import PartRejected
from upgradeproof.results.journal import (
    CellDeclared,
    CheckDeclared,
    Event,
    RunFinished,
    RunStarted,
)
from upgradeproof.sharding.model import Shard, ShardedCell, Shards
from upgradeproof.sharding.parts import Part, read_part

PART_CHECK = "shards::test_part_is_complete"
"""The check that a cell has whose part is not there as a whole: it never ran."""


@dataclass
class Expected:
    """What shards.json and the folders together state."""

    shards: Shards
    accepted: dict[int, Part] = field(default_factory=dict)
    """The part of each shard that has exactly one."""
    doubled: dict[int, list[Part]] = field(default_factory=dict)
    rejected: list[RejectedPart] = field(default_factory=list)

    @property
    def folders(self) -> list[Path]:
        """Return the folders whose journals count, in the order of the shards."""
        return [self.accepted[number].folder for number in sorted(self.accepted)]

    @property
    def problems(self) -> list[str]:
        """Return a line for each shard that is not whole, and for each folder that is no part."""
        lost = (
            f"shard {shard.number}: {why}"
            for shard in self.shards.shards
            if (why := self._why_lost(shard))
        )
        return [*lost, *(f"{each.folder}: {each.reason}" for each in self.rejected)]

    def events(self) -> Iterator[Event]:
        """Yield what the parts' own journals do not state.

        Every cell that must be there is declared; where its part is missing, doubled or truncated,
        or did not select it, it has a check that never ran, with the reason.
        """
        if not self.accepted:  # no other journal states how the run began
            yield RunStarted(
                run_id=self.shards.digest[:8],
                upgradeproof=self.shards.upgradeproof,
                fresh=False,
                host={},
            )
            yield RunFinished(run_id=self.shards.digest[:8])
        for each in self.rejected:
            yield PartRejected(part=each)
        for shard in self.shards.shards:
            for cell in shard.cells:
                yield _declared(cell, shard)
                if why := self._why_lost(shard) or self._why_unselected(cell, shard):
                    reason = f"shard {shard.number}: {why}"
                    yield CheckDeclared(cell=cell.id, check=PART_CHECK, reason=reason)

    def _why_lost(self, shard: Shard) -> str:
        """Return why a shard as a whole proves nothing; empty: its part is there, and whole."""
        if found := self.doubled.get(shard.number):
            folders = ", ".join(_short(part.folder) for part in found)
            return f"{len(found)} parts claim to be this shard, and none counts: {folders}"
        part = self.accepted.get(shard.number)
        if part is None:
            return "no part of this shard is there"
        if part.truncated:
            return f"the part {_short(part.folder)} is truncated: {part.truncated}"
        return ""

    def _why_unselected(self, cell: ShardedCell, shard: Shard) -> str:
        part = self.accepted.get(shard.number)
        if part is None or cell.id in part.cells:
            return ""
        return f"the part {_short(part.folder)} did not select this cell"


def expect(shards: Shards, folders: Sequence[Path]) -> Expected:
    """Return which folders are the parts of the shards, and what is wrong with the others."""
    found = Expected(shards)
    claimed: dict[int, list[Part]] = {}
    for folder in dict.fromkeys(path.resolve() for path in folders):
        part = read_part(folder)
        if reason := _why_rejected(part, shards):
            found.rejected.append(RejectedPart(folder=_short(folder), reason=reason))
        elif part.shard is not None:
            claimed.setdefault(part.shard.number, []).append(part)
    for number, parts in claimed.items():
        if len(parts) == 1:
            found.accepted[number] = parts[0]
        else:
            found.doubled[number] = parts
    return found


def _why_rejected(part: Part, shards: Shards) -> str:
    """Return why a folder is no part; empty: it is one."""
    if not part.runs:
        return "it holds no journal of a run"
    if len(part.runs) > 1:
        return f"it holds {len(part.runs)} runs: give each part a folder of its own"
    if part.shard is None:
        return "its run has no shard: it was started without --upgradeproof-shard"
    if part.shard != shards.shard_of(part.shard.number):
        return "it is a part of another shards.json"
    if not 1 <= part.shard.number <= len(shards.shards):
        return f"there is no shard {part.shard.number}"
    return ""


def _declared(cell: ShardedCell, shard: Shard) -> CellDeclared:
    return CellDeclared(
        cell=cell.id,
        platform=cell.platform,
        upgrade=cell.upgrade,
        product=cell.product,
        tags=cell.tags,
        selected=True,
        shard=shard.number,
    )


def _short(folder: Path) -> str:
    """Return a folder as it is named from here, where it is below."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)
