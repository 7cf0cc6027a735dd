"""Write an expected change into the plan of a run, with the reason that its author gives."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from upgradeproof.counting import counted
from upgradeproof.errors import HarnessError, PlanError
from upgradeproof.files import write_atomically
from upgradeproof.plan import Plan, load_plan
from upgradeproof.plan.editing import Place, add_change
from upgradeproof.plan.writing import refuse_read_only, write_plan
from upgradeproof.results import Cell, PlanFile, Run
from upgradeproof.review.ledger import (
    FILE_NAME,
    Accepted,
    is_known,
    read_accepted,
    to_json,
)
from upgradeproof.review.matching import ANY, Asked, chosen_cells, match, product_of
from upgradeproof.review.places import Limit, holds_for, path_of, places

MIN_REASON = 8
"""Characters, as a plan asks for."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was written."""

    path: Path
    places: tuple[str, ...]
    """Where: ``[[expect.change]] of 12-to-13``."""
    changes: int
    """Unexplained changes that it explains."""
    explained: int
    """Changes that already had a reason, and that it covers, too."""
    elsewhere: tuple[str, ...]
    """Cells that were not requested, and to which it applies, too."""

    def lines(self, root: Path) -> list[str]:
        """Return what was done, for a reader in ``root``."""
        inside = self.path.is_relative_to(root)
        path = self.path.relative_to(root) if inside else self.path
        lines = [
            f"{path}: {' and '.join(self.places)}; it explains {counted(self.changes, 'change')}"
        ]
        if self.explained:
            lines.append(f"it also covers {counted(self.explained, 'change')} with a reason before")
        lines += [f"it also applies to {cell}" for cell in self.elsewhere]
        return lines


def accept(run: Run, folder: Path, root: Path, asked: Asked) -> Outcome:
    """Write what is accepted into the plan of the run in a folder, and return what was done.

    ``root`` is the folder in which pytest ran. Raises PlanError for a wrong reason, cell, upgrade
    or glob, and for a plan that is not the one of the run, is wrong, or can't be written;
    HarnessError where the run does not record its plans, or its folder can't be written. Nothing is
    written then.
    """
    reason = checked_reason(asked.reason)
    accepted = read_accepted(folder)
    cells = [
        cell
        for cell in chosen_cells(run, asked.cell, asked.upgrade)
        if asked.product in ("", cell.product)
    ]
    matched = match(cells, asked, accepted)
    product = product_of(matched, asked.globs)
    path, plan, digest = _plan(run, root, product, accepted)
    refuse_read_only(path)
    _refuse_read_only_folder(folder)
    found = [(cell, state.name) for cell, state, _ in matched.changes]
    every = [cell for cell in run.cells if cell.product == product]
    named = "" if asked.cell == ANY else asked.cell
    limit = Limit(glob=named, cells=cells, seen_only=asked.seen_only)
    where = places(plan, every, found, asked.upgrade, limit)
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    for place in where:
        text = add_change(text, place, asked.globs, reason, asked.kind or "")
    write_plan(path, text)
    new = [
        Accepted(
            product=product,
            upgrade="" if place.upgrade is None else path_of(plan.upgrade[place.upgrade]),
            cells=tuple(cell.id for cell in every if holds_for(plan, place, cell))
            if place.select
            else (),
            rollback=place.key == "allowed_changes",
            facts=asked.globs,
            kind=asked.kind,
            reason=reason,
            before=digest,
            after=_digest(path),
        )
        for place in where
    ]
    write_atomically(folder / FILE_NAME, to_json((*accepted, *new)))
    return Outcome(
        path=path,
        places=tuple(_named(plan, place) for place in where),
        changes=len(matched.changes),
        explained=len(matched.explained),
        elsewhere=tuple(_elsewhere(run, cells, plan, where)),
    )


def checked_reason(reason: str) -> str:
    """Return a reason, stripped. Raises PlanError if it is empty or too short."""
    reason = " ".join(reason.split())
    if not reason:
        raise PlanError(
            "there is no reason",
            resolution="write why this change is correct: the report shows it next to the change",
        )
    if len(reason) < MIN_REASON:
        raise PlanError(f"the reason {reason!r} is too short: {MIN_REASON} characters or more")
    return reason


def changed_since(run: Run, folder: Path, root: Path) -> tuple[PlanFile, ...]:
    """Return the plans that are not those of the run any more, edits by ``accept`` aside."""
    accepted = read_accepted(folder)
    return tuple(
        plan
        for plan in run.plans
        if not (root / plan.path).is_file()
        or not is_known(_digest(root / plan.path), plan.sha256, accepted, plan.product)
    )


def _plan(
    run: Run, root: Path, product: str, accepted: Sequence[Accepted]
) -> tuple[Path, Plan, str]:
    """Return the file, the plan and the sum of a product's plan, which is that of the run."""
    recorded = next((plan for plan in run.plans if plan.product == product), None)
    if recorded is None:
        raise HarnessError(
            f"the run does not record the plan of {product}",
            resolution="run pytest again with this version of upgradeproof",
        )
    path = root / recorded.path
    if not path.is_file():
        raise PlanError(
            f"{path}: the plan of the run does not exist",
            resolution="run upgradeproof in the folder in which pytest ran",
        )
    plan, digest = load_plan(path), _digest(path)
    if not is_known(digest, recorded.sha256, accepted, product):
        raise PlanError(
            f"{path} changed since the run, and nothing was written",
            resolution="run pytest again: cached states are reused, and the run shows what is left",
        )
    return path, plan, digest


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _refuse_read_only_folder(folder: Path) -> None:
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise HarnessError(f"{folder} can't be written: {error.strerror}") from None


def _named(plan: Plan, place: Place) -> str:
    if place.select:
        return f"{place.header} for {', '.join(place.select)}"
    of = "" if place.upgrade is None else f" of {path_of(plan.upgrade[place.upgrade])}"
    return f"{place.header}{of}"


def _elsewhere(
    run: Run, cells: Sequence[Cell], plan: Plan, where: Sequence[Place]
) -> Iterator[str]:
    """Yield the cells that were not selected, and that a place is for, too."""
    for cell in run.cells:
        wider = any(holds_for(plan, place, cell) for place in where)
        if wider and cell.product == plan.name and cell not in cells:
            yield cell.id
