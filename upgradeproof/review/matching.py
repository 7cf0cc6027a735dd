"""Which changes of a run globs match; a glob that matches nothing is an error."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pydantic import ValidationError

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.errors import PlanError
from upgradeproof.plan import KnownChange
from upgradeproof.plan.loading import nearest
from upgradeproof.results import Cell, Change, Run, State
from upgradeproof.review.globs import covers_section
from upgradeproof.review.ledger import Accepted, takes, upgrade_of
from upgradeproof.review.unexplained import left_of

MAX_NEAREST = 3
MIN_LIKENESS = 0.3
ANY = "*"
"""The glob of an author who names no cells."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a user accepts."""

    globs: tuple[str, ...]
    reason: str
    kind: ChangeKind | None = None
    """What kind of change is explained; None: any, but see ``KnownChange``."""
    cell: str = ANY
    """A glob over the ids of the cells that are looked at, and for which it then holds alone."""
    seen_only: bool = False
    """Whether it holds only for cells that show the change, where an upgraded one does not."""
    product: str = ""
    """Empty: the one whose changes fit."""
    upgrade: str = ""
    """The upgrade below which it is written, such as ``12-to-13``; empty: where it is seen."""


@dataclass
class Matched:
    """What the globs match in the selected cells."""

    changes: list[tuple[Cell, State, Change]] = field(default_factory=list)
    explained: list[Change] = field(default_factory=list)


def chosen_cells(run: Run, glob: str, upgrade: str = "") -> list[Cell]:
    """Return the selected cells. Raises PlanError if there is none."""
    cells = [cell for cell in run.cells if fnmatchcase(cell.id, glob)]
    if not cells:
        raise PlanError(
            f"no cell of the run matches {glob}",
            details=nearest(glob, [cell.id for cell in run.cells]),
        )
    if not upgrade:
        return cells
    taken = [cell for cell in cells if takes(cell, upgrade)]
    if not taken:
        raise PlanError(
            f"no selected cell has the upgrade {upgrade}",
            details=nearest(upgrade, {upgrade_of(cell) for cell in cells}),
        )
    return taken


def match(cells: Sequence[Cell], asked: Asked, accepted: Sequence[Accepted]) -> Matched:
    """Return the changes that the globs fit. Raises PlanError for a glob that explains nothing."""
    lines = [
        (cell, state, change)
        for cell in cells
        for state in cell.states
        for change in left_of(cell, state, accepted)
    ]
    matched = Matched()
    for glob in asked.globs:
        if covers_section(glob):
            raise PlanError(
                f"{glob!r} matches a whole section: it would hide changes that were not examined",
                resolution="name the changes: `upgradeproof review` prints narrow globs",
            )
        fitting = [line for line in lines if fnmatchcase(line[2].path, glob)]
        means = _meant(glob, asked)
        found = [
            line
            for line in fitting
            if not line[2].expected and means.covers(line[2].path, line[2].kind)
        ]
        if not found:
            raise _nothing(glob, [change for _, _, change in lines], accepted)
        matched.changes += (line for line in found if line not in matched.changes)
        matched.explained += (change for _, _, change in fitting if change.expected)
    return matched


def _meant(glob: str, asked: Asked) -> KnownChange:
    """Return the expected change of one glob. Raises PlanError for one that no plan may hold."""
    try:
        return KnownChange(facts=(glob,), kind=asked.kind, reason=asked.reason)
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise PlanError(f"{glob!r} is not valid in a plan: {message}") from None


def _nothing(glob: str, changes: Sequence[Change], accepted: Sequence[Accepted]) -> PlanError:
    """Return the error of a glob that no unexplained change fits."""
    what = f"no unexplained change of the run matches {glob!r}"
    other = next((c for c in changes if not c.expected and fnmatchcase(c.path, glob)), None)
    if other is not None:
        return PlanError(
            what,
            details=f"{other.path} is of the kind {other.kind!r}",
            resolution=f"add --kind {other.kind!r} if that is correct",
        )
    known = next((c for c in changes if c.expected and fnmatchcase(c.path, glob)), None)
    if known is not None:
        return PlanError(what, details=f"{known.path} is explained already: {known.reason}")
    since = next((each for each in accepted if glob in each.facts), None)
    if since is not None:
        return PlanError(what, details=f"it was accepted since the run: {since.reason}")
    paths = dict.fromkeys(change.path for change in changes if not change.expected)
    if not paths:
        return PlanError(what, details="the run has no unexplained change left")
    near = difflib.get_close_matches(glob, paths, n=MAX_NEAREST, cutoff=MIN_LIKENESS)
    return PlanError(
        what,
        details="\n".join(["the most similar are:", *(f"  {path}" for path in near)])
        if near
        else "",
        resolution="`upgradeproof review` lists the unexplained changes with their globs",
    )


def product_of(matched: Matched, globs: Sequence[str]) -> str:
    """Return the product whose changes were meant. Raises PlanError where it is several."""
    products = dict.fromkeys(cell.product for cell, _, _ in matched.changes)
    if len(products) > 1:
        first, second, *_ = products
        raise PlanError(
            f"{', '.join(globs)} matches changes of several products: {', '.join(products)}",
            details="each product has its own plan",
            resolution=f"name the cells: --cell '*.{first}-*', then --cell '*.{second}-*'",
        )
    return next(iter(products))
