"""The option ``--upgradeproof-shard``: a run takes one part of the cells, and states which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from upgradeproof.home import Home
from upgradeproof.plan import Cell
from upgradeproof.results import ShardOf
from upgradeproof.sharding import Shards

DESELECTED = "deselected"


@dataclass(frozen=True)
class TakenShard:
    """The part of the cells that this run takes."""

    shards: Shards
    number: int

    @property
    def part(self) -> ShardOf:
        """Return what the part is recognised by when it is folded."""
        return self.shards.shard_of(self.number)

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {cell.id: shard.number for shard in self.shards.shards for cell in shard.cells}

    def number_of(self, cell: str) -> int | None:
        """Return the shard that runs a cell; None: none does."""
        return self._numbers.get(cell)

    def choose(self, cells: Mapping[str, Cell]) -> dict[str, Cell]:
        """Return the cells of this shard."""
        return {name: cell for name, cell in cells.items() if self.number_of(name) == self.number}


def taken_shard(config: pytest.Config, home: Home) -> TakenShard | None:
    """Return the shard that the command line names, or None. Raises PlanError."""
    word: str | None = config.getoption("upgradeproof_shard")
    if word is None:
        return None
    return TakenShard(*home.shards(word, "--upgradeproof-shard", config.invocation_params.dir))


def left_out(shard: TakenShard | None, cell: str) -> str:
    """Return why a cell is not selected: this run's own options, or another shard runs it."""
    number = shard.number_of(cell) if shard else None
    if shard is None or number in (None, shard.number):
        return DESELECTED
    return f"shard {number} runs this cell"


def journal_sizes(reports: Path, own: Path) -> dict[str, int]:
    """Return the bytes of the journals of all other processes: a copy with fewer is truncated."""
    return {
        path.name: path.stat().st_size
        for path in sorted((reports / "journal").glob("*.jsonl"))
        if path.name != own.name
    }
