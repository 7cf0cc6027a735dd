"""Where in a plan an expected change belongs: to one upgrade, to a rollback, or to all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from upgradeproof.errors import PlanError
from upgradeproof.globs import fits
from upgradeproof.plan import Plan, Upgrade
from upgradeproof.plan.editing import Place
from upgradeproof.plan.loading import nearest
from upgradeproof.results import Cell, Verdict
from upgradeproof.review.globs import escaped
from upgradeproof.review.ledger import takes, upgrade_of
from upgradeproof.states import OF_A_ROLLBACK, StateName


def path_of(upgrade: Upgrade) -> str:
    """Return ``12-to-13``."""
    return "-to-".join(upgrade.path)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """For which cells a change may be expected at most."""

    glob: str = ""
    """The author's, over ids of cells; empty: the author names no cells."""
    cells: Sequence[Cell]
    """Those that the author means."""
    seen_only: bool = False
    """Whether it is only for cells that show the change, where an upgraded one does not."""


def places(
    plan: Plan,
    cells: Sequence[Cell],
    found: Sequence[tuple[Cell, str]],
    upgrade: str = "",
    limit: Limit | None = None,
) -> tuple[Place, ...]:
    """Return where changes that were seen in some states of some cells belong.

    ``cells`` are the product's cells of the run. What only a rollback shows is left behind by the
    upgrade of its cell. All else belongs to ``upgrade``; without that, to the one upgrade that all
    cells take in which it was seen, and no other cell; and where there is none, to the whole plan.
    Where that holds for cells beyond ``limit``, it belongs to an override that selects the others.
    Raises PlanError for an upgrade that the plan does not have.
    """
    names = [path_of(each) for each in plan.upgrade]
    if upgrade and upgrade not in names:
        raise PlanError(
            f"the plan has no upgrade {upgrade} of its own", details=nearest(upgrade, names)
        )
    limit = limit or Limit(cells=cells)
    back = [cell for cell, state in found if state in OF_A_ROLLBACK]
    where = [
        _limited(
            Place(upgrade=names.index(name), key="allowed_changes"),
            [cell for cell in cells if upgrade_of(cell) == name],
            back,
            limit,
            cells,
        )
        for name in dict.fromkeys(map(upgrade_of, back))
        if name in names
    ]
    seen = [cell for cell, state in found if state not in OF_A_ROLLBACK]
    if not seen:
        return tuple(where)
    looked_at = limit.cells if limit.glob else cells
    at = names.index(upgrade) if upgrade else _narrowest(names, looked_at, seen)
    holds = [cell for cell in cells if at is None or takes(cell, names[at])]
    return (_limited(Place(upgrade=at), holds, seen, limit, cells), *where)


def holds_for(plan: Plan, place: Place, cell: Cell) -> bool:
    """Return whether a change that is written at a place is expected in a cell of the plan."""
    if place.upgrade is not None:
        return takes(cell, path_of(plan.upgrade[place.upgrade]))
    if not place.select or _selected(place.select, cell):
        return True
    hops = [path_of(each) for each in plan.upgrade if takes(cell, path_of(each))]
    return place.key != "allowed_changes" and any(
        _selected(place.select, cell, f"{cell.product}-{hop}") for hop in hops
    )


def _limited(
    place: Place,
    holds: Sequence[Cell],
    seen: Sequence[Cell],
    limit: Limit,
    cells: Sequence[Cell],
) -> Place:
    """Return a place, or that of an override where it would hold for cells beyond a limit.

    The override has the author's glob where that selects these cells and no other one of ``cells``.
    """
    meant = seen if limit.seen_only else limit.cells
    target = [cell for cell in holds if cell in meant]
    beyond = [cell for cell in holds if cell not in target and (limit.glob or _upgraded(cell))]
    if not beyond:
        return place
    select = tuple(escaped(cell.id) for cell in target)
    if limit.glob and [cell for cell in cells if _selected((limit.glob,), cell)] == target:
        select = (limit.glob,)
    return Place(select=select, key=place.key)


def _selected(globs: Sequence[str], cell: Cell, upgrade: str = "") -> bool:
    """Return whether an override with these globs selects a cell, or that of a hop of it."""
    upgrade = upgrade or cell.upgrade
    ids = (cell.platform, upgrade, f"{cell.platform}.{upgrade}")
    return any(fits(each, globs) for each in ids)


def _upgraded(cell: Cell) -> bool:
    return any(s.name == StateName.UPGRADED and s.verdict is Verdict.PASSED for s in cell.states)


def _narrowest(names: Sequence[str], cells: Sequence[Cell], seen: Sequence[Cell]) -> int | None:
    """Return the upgrade that all of the cells take and no other that was upgraded, or None."""
    if len(names) == 1:
        return None
    others = [cell for cell in cells if cell not in seen and _upgraded(cell)]
    fitting = [
        name
        for name in names
        if all(takes(cell, name) for cell in seen) and not any(takes(cell, name) for cell in others)
    ]
    return names.index(min(fitting, key=len)) if fitting else None
