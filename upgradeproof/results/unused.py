"""Expected changes of the plans that did not happen on any platform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from upgradeproof.results import journal as j
from upgradeproof.results.declared import UnusedChange
from upgradeproof.results.model import Cell, Verdict


def unused(expected: Iterable[j.ChangeExpected], cells: Sequence[Cell]) -> tuple[UnusedChange, ...]:
    """Return the expected changes that did not happen, each once.

    Nothing is known of one where a cell that it is for was deselected, or did not go through all
    its states: the change may happen there.
    """
    by_id = {cell.id: cell for cell in cells}
    found: dict[UnusedChange, None] = {}
    for event in expected:
        concerned = [by_id[name] for name in event.cells if name in by_id]
        known = len(concerned) == len(event.cells) and all(
            _went(cell, event.states) for cell in concerned
        )
        if known and not any(_happened(cell, event) for cell in concerned):
            found[event.change] = None
    return tuple(found)


def _went(cell: Cell, states: Sequence[str]) -> bool:
    """Return whether a cell reached all of the states."""
    reached = {state.name for state in cell.states if state.verdict is Verdict.PASSED}
    return cell.selected and reached.issuperset(states)


def _happened(cell: Cell, event: j.ChangeExpected) -> bool:
    return any(
        fnmatchcase(change.path, event.change.facts) and event.change.kind in (None, change.kind)
        for state in cell.states
        for change in state.changes
    )
