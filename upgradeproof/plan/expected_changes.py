"""Every expected change that the plans declare, with the cells that it is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from upgradeproof.plan.cells import Cell
from upgradeproof.plan.expectations import KnownChange
from upgradeproof.plan.model import Plan, Upgrade
from upgradeproof.plan.states import OF_A_ROLLBACK, STATES


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One glob of an expected change."""

    product: str
    upgrade: str
    """Such as ``12-to-13``; empty: it is for all upgrades."""
    facts: str
    reason: str
    cells: tuple[str, ...]
    states: tuple[str, ...]
    """The states in which it may happen."""


def expected_changes(cells: Sequence[Cell]) -> Iterator[Declared]:
    """Yield each glob of the plans of some cells; these must be all cells of their plans.

    What an upgrade expects is for the cells that go via it, too.
    """
    for plan in {cell.plan.name: cell.plan for cell in cells}.values():
        own = [cell for cell in cells if cell.plan.name == plan.name]
        yield from _declared(plan, None, plan.expect.change, own)
        for upgrade in plan.upgrade:
            taken = [cell for cell in own if _takes(cell, upgrade)]
            yield from _declared(plan, upgrade, upgrade.expect.change, taken)
            back = [cell for cell in own if cell.upgrade.path == upgrade.path]
            yield from _declared(plan, upgrade, upgrade.left_behind, back, rollback=True)


def _takes(cell: Cell, upgrade: Upgrade) -> bool:
    return cell.upgrade.path == upgrade.path or (
        not upgrade.via and upgrade.path in cell.upgrade.legs
    )


def _declared(
    plan: Plan,
    upgrade: Upgrade | None,
    changes: Iterable[KnownChange],
    cells: Sequence[Cell],
    *,
    rollback: bool = False,
) -> Iterator[Declared]:
    states = [state for state in STATES if any(state in cell.states for cell in cells)]
    for change in changes:
        for glob in change.facts if cells else ():
            yield Declared(
                product=plan.name,
                upgrade="-to-".join(upgrade.path) if upgrade else "",
                facts=glob,
                reason=change.reason,
                cells=tuple(cell.id for cell in cells),
                states=tuple(s for s in states if (s in OF_A_ROLLBACK) is rollback),
            )
