"""Every expected change that the plans declare, with the cells that it is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.plan.cells import Cell
from upgradeproof.plan.changes import KnownChange
from upgradeproof.states import OF_A_ROLLBACK, STATES


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One glob of an expected change."""

    product: str
    upgrade: str
    """Such as ``12-to-13``: the one that all of its cells take, and no other cell; else empty."""
    facts: str
    kind: ChangeKind | None
    reason: str
    cells: tuple[str, ...]
    states: tuple[str, ...]
    """The states in which it may happen."""


def expected_changes(cells: Sequence[Cell]) -> Iterator[Declared]:
    """Yield each glob that some cells expect; these must be all cells of their plans.

    What counts is what each cell expects in the end: the changes of its plan, of the upgrades that
    it goes via, and of the overrides that select it.
    """
    for product in dict.fromkeys(cell.plan.name for cell in cells):
        own = [cell for cell in cells if cell.plan.name == product]
        of_all: dict[KnownChange, list[Cell]] = {}
        left: dict[KnownChange, list[Cell]] = {}
        for cell in own:
            for change in dict.fromkeys(cell.expect.change):
                of_all.setdefault(change, []).append(cell)
            for change in dict.fromkeys(cell.upgrade.allowed_changes):
                left.setdefault(change, []).append(cell)
        for change, members in of_all.items():
            yield from _declared(change, members, own, rollback=False)
        for change, members in left.items():
            yield from _declared(change, members, own, rollback=True)


def _declared(
    change: KnownChange, cells: Sequence[Cell], own: Sequence[Cell], *, rollback: bool
) -> Iterator[Declared]:
    states = [state for state in STATES if any(state in cell.states for cell in cells)]
    upgrade = "-to-".join(cells[0].upgrade.path) if rollback else _upgrade(cells, own)
    for glob in change.facts:
        yield Declared(
            product=cells[0].plan.name,
            upgrade=upgrade,
            facts=glob,
            kind=change.kind,
            reason=change.reason,
            cells=tuple(cell.id for cell in cells),
            states=tuple(state for state in states if (state in OF_A_ROLLBACK) is rollback),
        )


def _upgrade(cells: Sequence[Cell], own: Sequence[Cell]) -> str:
    """Return the upgrade that the cells have in common, and no other cell of the product takes."""
    paths = {"-to-".join(each.path): each.path for each in cells[0].plan.upgrade}
    common = [
        name
        for name, path in paths.items()
        if all(path == cell.upgrade.path or path in cell.upgrade.hops for cell in cells)
        and not any(
            path == cell.upgrade.path or path in cell.upgrade.hops
            for cell in own
            if cell not in cells
        )
    ]
    return min(common, key=len) if common and len(cells) < len(own) else ""
