"""Which packages under test a decision is about, by product."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from upgradeproof.decision.statements import Descriptor, Subject
from upgradeproof.errors import PlanError
from upgradeproof.results import Cell, Run
from upgradeproof.states import StateName


def by_product(
    run: Run, folder: Path, subjects: Sequence[Subject]
) -> Mapping[str, list[Descriptor]]:
    """Return the packages of each product: those whose version its upgraded machines had.

    Raises PlanError for a package that no upgraded machine had in this version: it was not tested.
    """
    if not subjects:
        return {}
    installed: dict[str, set[tuple[str, str]]] = {}
    for cell in run.cells:
        installed.setdefault(cell.product, set()).update(_versions(cell, folder))
    every = {version for found in installed.values() for version in found}
    for each in subjects:
        if (each.name, each.version) not in every:
            had = sorted(version for name, version in every if name == each.name)
            raise PlanError(
                f"the package {each.name} {each.version} was not tested by this run",
                details=f"upgraded machines had: {', '.join(had) or 'no package of this name'}",
                resolution="name the packages that the run installed",
            )
    return {
        product: [each.descriptor() for each in subjects if (each.name, each.version) in found]
        for product, found in installed.items()
    }


def _versions(cell: Cell, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and version of every package of a cell's upgraded machine."""
    for state in cell.states:
        path = folder / state.facts
        if state.name == StateName.UPGRADED and state.facts and path.is_file():
            packages = json.loads(path.read_bytes()).get("packages", {})
            yield from ((name, str(record.get("version"))) for name, record in packages.items())
