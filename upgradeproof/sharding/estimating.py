"""How long a cell takes: as it was recorded, or as cells like it took."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from upgradeproof.plan import Cell
from upgradeproof.render.words import cell_seconds
from upgradeproof.results import Cell as RunCell
from upgradeproof.results import Run, Verdict
from upgradeproof.sharding.model import Basis

UNKNOWN_S = 600.0
"""The estimate of every cell where nothing is recorded at all: then only their number counts."""
MIN_S = 1.0
"""No cell is free: an estimate of nothing would leave shards empty."""


@dataclass(frozen=True)
class Estimates:
    """Recorded durations, in seconds."""

    cells: Mapping[str, list[float]] = field(default_factory=dict)
    products: Mapping[tuple[str, str], list[float]] = field(default_factory=dict)
    """By product and kind of machine."""
    machines: Mapping[str, list[float]] = field(default_factory=dict)
    """By kind of machine."""

    @classmethod
    def of(cls, runs: Iterable[Run]) -> Self:
        """Return the durations of earlier runs.

        Only cells that went through all their states count, none of which was reused: others took
        less than they would.
        """
        cells: dict[str, list[float]] = {}
        products: dict[tuple[str, str], list[float]] = {}
        machines: dict[str, list[float]] = {}
        for run in runs:
            for cell in filter(_is_whole, run.cells):
                seconds = max(cell_seconds(cell), MIN_S)
                machine = cell.platform.rpartition(".")[2]
                cells.setdefault(cell.id, []).append(seconds)
                products.setdefault((cell.product, machine), []).append(seconds)
                machines.setdefault(machine, []).append(seconds)
        return cls(cells, products, machines)

    def of_cell(self, cell: Cell) -> tuple[float, Basis]:
        """Return the estimate of a cell and what it is made of."""
        machine = cell.platform.machine
        found: tuple[tuple[Basis, list[float]], ...] = (
            ("cell", self.cells.get(cell.id, [])),
            ("product", self.products.get((cell.plan.name, machine), [])),
            ("machine", self.machines.get(machine, [])),
        )
        for basis, seconds in found:
            if seconds:
                return statistics.median(seconds), basis
        every = [second for known in self.machines.values() for second in known]
        return (statistics.median(every) if every else UNKNOWN_S), "none"


def _is_whole(cell: RunCell) -> bool:
    return (
        cell.selected
        and bool(cell.states)
        and all(state.verdict is Verdict.PASSED and not state.reused for state in cell.states)
    )
