"""Whether a check fails more or less often than before, by counts of many runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from upgradeproof.decision.history import History, inputs_of
from upgradeproof.decision.statistics import MIN_RUNS, SIGNIFICANT, fisher
from upgradeproof.results import Cell, Run


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How often a check failed on each side, and how likely this is by chance."""

    cell: str
    check: str
    failed: tuple[int, int]
    runs: tuple[int, int]
    p: float

    @property
    def significant(self) -> bool:
        """Return whether the sides differ by more than chance."""
        return self.p < SIGNIFICANT

    def __str__(self) -> str:
        judged = "different" if self.significant else "no difference shown"
        return (
            f"{self.cell} {self.check}: failed in {self.failed[0]} of {self.runs[0]} runs -> "
            f"{self.failed[1]} of {self.runs[1]}, p = {self.p:.2g} ({judged})"
        )


def counted(history: History, old: Run, new: Run) -> Iterator[Counted]:
    """Yield the checks that failed on a side, where each side has enough runs of its inputs.

    Both sides must have different inputs; with the same inputs they are the same side.
    """
    before = {cell.id: cell for cell in old.cells if cell.selected}
    for cell in new.cells:
        if cell.selected and cell.id in before:
            yield from _of_cell(history, (before[cell.id], old), (cell, new))


def _of_cell(history: History, old: tuple[Cell, Run], new: tuple[Cell, Run]) -> Iterator[Counted]:
    was, now = inputs_of(*old), inputs_of(*new)
    for check in new[0].checks if was != now else ():
        first = history.counts(new[0].id, was, check.id)
        second = history.counts(new[0].id, now, check.id)
        failed = (first[1], second[1])
        if min(sum(first), sum(second)) >= MIN_RUNS and any(failed):
            yield Counted(
                cell=new[0].id,
                check=check.id,
                failed=failed,
                runs=(sum(first), sum(second)),
                p=fisher((first[0], second[0]), failed),
            )
