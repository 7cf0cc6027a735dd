"""The unexplained changes of a run: by cell and group, without those that were accepted since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from upgradeproof.extensions import folders_of
from upgradeproof.known import KnownFiles, read_known
from upgradeproof.results import Cell, Change, Run, State
from upgradeproof.review.globs import Paths, fields_of, pair_of
from upgradeproof.review.groups import Group, group
from upgradeproof.review.ledger import Accepted


@dataclass(frozen=True, kw_only=True)
class Unexplained:
    """The unexplained changes of one state of one cell."""

    cell: Cell
    state: State
    groups: tuple[Group, ...]
    known: KnownFiles
    """The known changes that the product may have: the engine's, and those of its project."""


@dataclass(frozen=True)
class Review:
    """A run and its folder, from which the facts are read: each product's once."""

    run: Run
    folder: Path
    root: Path
    """The folder in which pytest ran."""
    _paths: dict[str, Paths] = field(default_factory=dict)

    def unexplained(
        self, cells: Sequence[Cell], accepted: Sequence[Accepted] = ()
    ) -> tuple[Unexplained, ...]:
        """Return what is unexplained in each state of some cells.

        The globs of a group cover no path of another one in any cell of the product: what is
        accepted holds there, too. Raises PlanError for a wrong file of known changes.
        """
        found = []
        for cell in cells:
            for state in cell.states:
                left = left_of(cell, state, accepted)
                if not all(change.expected for change in left):
                    groups = group(left, self._paths_of(cell.product))
                    known = self._known_of(cell.product)
                    found.append(Unexplained(cell=cell, state=state, groups=groups, known=known))
        return tuple(found)

    def _known_of(self, product: str) -> KnownFiles:
        """Return the files of known changes of the engine, and those next to a product's plan."""
        plans = (plan.path for plan in self.run.plans if plan.product == product)
        path = next(plans, "")
        return read_known(folders_of((self.root / path).parent) if path else ())

    def _paths_of(self, product: str) -> Paths:
        """Return all paths that the diffs of a product's cells may hold."""
        if product not in self._paths:
            pairs: list[tuple[str, str]] = []
            for cell in self.run.cells:
                for state in cell.states if cell.product == product else ():
                    pairs += map(pair_of, state.changes)
                    pairs += _of_facts(self.folder / state.facts) if state.facts else ()
            self._paths[product] = Paths(pairs)
        return self._paths[product]


def left_of(cell: Cell, state: State, accepted: Iterable[Accepted]) -> tuple[Change, ...]:
    """Return the changes of a state that were not accepted since the run."""
    since = [each for each in accepted if each.holds_for(cell, state.name)]
    return tuple(
        change
        for change in state.changes
        if change.expected or not any(each.covers(change) for each in since)
    )


def _of_facts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the paths of a state's facts; missing facts yield nothing."""
    try:
        plain = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return
    yield from Paths.of(fields_of(plain)).pairs
