"""Which packages under test a decision is about, by product: recorded by the run, or named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upgradeproof.errors import HarnessError, PlanError
from upgradeproof.results import Cell, Run, State
from upgradeproof.states import StateName

Descriptor = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A package under test."""

    name: str
    version: str
    architecture: str
    sha256: str

    @property
    def file(self) -> str:
        """Return the name of its file."""
        return f"{self.name}_{self.version}_{self.architecture}.deb"

    def descriptor(self) -> Descriptor:
        """Return it as in-toto names it."""
        place = f"{self.name}@{self.version.replace('+', '%2B').replace(':', '%3A')}"
        return {
            "name": self.file,
            "uri": f"pkg:deb/{place}?arch={self.architecture}",
            "digest": {"sha256": self.sha256},
        }

    @classmethod
    def of(cls, descriptor: Descriptor) -> Subject:
        """Return what a statement names. Raises ValueError, KeyError for what names no package."""
        name, version, architecture = descriptor["name"].removesuffix(".deb").split("_")
        found = cls(
            name=name,
            version=version,
            architecture=architecture,
            sha256=descriptor["digest"]["sha256"],
        )
        if found.descriptor() != descriptor:
            raise ValueError("this is not how a package is named")
        return found


def by_product(
    run: Run, folder: Path, named: Sequence[Subject] = ()
) -> Mapping[str, list[Descriptor]]:
    """Return the packages of each product: those that the run recorded, then those that were named.

    Raises PlanError for a named package that no upgraded machine had in this version, and for one
    of which the run recorded another file: it was not tested.
    """
    recorded: dict[str, list[Subject]] = {}
    installed: dict[str, set[tuple[str, str]]] = {}
    for cell in run.cells:
        if cell.selected:
            known = recorded.setdefault(cell.product, [])
            known += [each for each in _recorded(cell) if each not in known]
            if named:
                had = installed.setdefault(cell.product, set())
                had |= set(_versions(cell, folder))
    _check_named(named, recorded, installed)
    ordered = sorted(named, key=lambda each: (each.file, each.sha256))
    return {
        product: [
            each.descriptor()
            for each in (
                *known,
                *(
                    each
                    for each in ordered
                    if (each.name, each.version) in installed[product] and each not in known
                ),
            )
        ]
        for product, known in recorded.items()
    }


def _check_named(
    named: Sequence[Subject],
    recorded: Mapping[str, list[Subject]],
    installed: Mapping[str, set[tuple[str, str]]],
) -> None:
    every = {version for found in installed.values() for version in found}
    for each in named:
        if (each.name, each.version) not in every:
            had = sorted(version for name, version in every if name == each.name)
            raise PlanError(
                f"the package {each.name} {each.version} was not tested by this run",
                details=f"upgraded machines had: {', '.join(had) or 'no package of this name'}",
                resolution="name the packages that the run installed",
            )
        sums = {
            known.sha256
            for found in recorded.values()
            for known in found
            if known.file == each.file
        }
        if sums and each.sha256 not in sums:
            raise PlanError(
                f"{each.file} is not the file that this run installed",
                details=f"its SHA-256 is {each.sha256}; installed: {', '.join(sorted(sums))}",
                resolution="build once, and test and sign the same file",
            )


def _recorded(cell: Cell) -> Iterator[Subject]:
    """Yield the packages under test of a cell's upgraded machine whose file is known."""
    for state in _upgraded(cell):
        for each in state.packages:
            if each.sha256:
                yield Subject(
                    name=each.name,
                    version=each.version,
                    architecture=each.architecture,
                    sha256=each.sha256,
                )


def _versions(cell: Cell, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and version of every package of a cell's upgraded machine."""
    for state in _upgraded(cell):
        yield from ((each.name, each.version) for each in state.packages)
        path = (folder / state.facts).resolve()
        if state.facts and path.is_file() and path.is_relative_to(folder.resolve()):
            try:
                packages = json.loads(path.read_bytes()).get("packages", {})
                yield from ((name, str(each["version"])) for name, each in packages.items())
            except (ValueError, AttributeError, LookupError, TypeError):
                raise HarnessError(
                    f"{state.facts} are no facts of this version", resolution="run the suite again"
                ) from None


def _upgraded(cell: Cell) -> Iterator[State]:
    return (state for state in cell.states if state.name == StateName.UPGRADED)
