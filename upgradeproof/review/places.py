"""Where in a plan an expected change belongs: to one upgrade, to a rollback, or to all of it."""

from __future__ import annotations

from collections.abc import Sequence

from upgradeproof.errors import PlanError
from upgradeproof.plan import Plan, Upgrade
from upgradeproof.plan.editing import Place
from upgradeproof.plan.loading import nearest
from upgradeproof.results import Cell, Verdict
from upgradeproof.review.ledger import takes, upgrade_of
from upgradeproof.states import OF_A_ROLLBACK, StateName


def path_of(upgrade: Upgrade) -> str:
    """Return ``12-to-13``."""
    return "-to-".join(upgrade.path)


def places(
    plan: Plan, cells: Sequence[Cell], found: Sequence[tuple[Cell, str]], upgrade: str = ""
) -> tuple[Place, ...]:
    """Return where changes that were seen in some states of some cells belong.

    ``cells`` are the product's cells of the run. What only a rollback shows is left behind by the
    upgrade of its cell. All else belongs to ``upgrade``; without that, to the one upgrade that all
    cells take in which it was seen, and no other cell; and where there is none, to the whole plan.
    Raises PlanError for an upgrade that the plan does not have.
    """
    names = [path_of(each) for each in plan.upgrade]
    if upgrade and upgrade not in names:
        raise PlanError(
            f"the plan has no upgrade {upgrade} of its own", details=nearest(upgrade, names)
        )
    back = {upgrade_of(cell): None for cell, state in found if state in OF_A_ROLLBACK}
    left = [Place(upgrade=names.index(name), key="left_behind") for name in back if name in names]
    seen = [cell for cell, state in found if state not in OF_A_ROLLBACK]
    if not seen:
        return tuple(left)
    if upgrade:
        return (Place(upgrade=names.index(upgrade)), *left)
    return (Place(upgrade=_narrowest(names, cells, seen)), *left)


def _narrowest(names: Sequence[str], cells: Sequence[Cell], seen: Sequence[Cell]) -> int | None:
    """Return the upgrade that all of the cells take and no other that was upgraded, or None."""
    if len(names) == 1:
        return None
    others = [
        cell
        for cell in cells
        if cell not in seen
        and any(s.name == StateName.UPGRADED and s.verdict is Verdict.PASSED for s in cell.states)
    ]
    fitting = [
        name
        for name in names
        if all(takes(cell, name) for cell in seen) and not any(takes(cell, name) for cell in others)
    ]
    return names.index(min(fitting, key=len)) if fitting else None
