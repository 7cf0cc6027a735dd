"""The support graph: what each release works with, as Mermaid and as a tree to draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from upgradeproof.results import Component, Release, Run


@dataclass(frozen=True, kw_only=True)
class Node:
    """One component at its place in the tree; one that two others need is there twice."""

    component: Component
    found: tuple[str, ...]
    """The versions that the run met."""
    below: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True)
class Tree:
    """What one release works with."""

    release: Release
    below: tuple[Node, ...]


def trees(run: Run) -> tuple[Tree, ...]:
    """Return the support graph of every release that has one, with the versions that were met."""
    return tuple(_tree(release, _met(run, release)) for release in run.releases)


def mermaid(releases: Iterable[Release]) -> str:
    """Return the graph as Mermaid's text: release, components, what these need."""
    lines = (line for at, release in enumerate(releases, 1) for line in _lines(at, release))
    return "\n".join(["graph LR", *lines])


def _lines(at: int, release: Release) -> Iterator[str]:
    """Yield a release's nodes and arrows; ids are places, since a name may hold anything."""
    root = f"r{at}"
    ids = {component.name: f"{root}c{n}" for n, component in enumerate(release.components, 1)}
    yield f'  {root}(["{_label(release.product, release.name)}"])'
    for component in release.components:
        allowed = f"<br/>{_label(component.allowed)}" if component.allowed else ""
        label = _label(component.name, component.supported) + allowed
        yield f'  {ids[component.name]}["{label}"]'
    for name in _roots(release):
        yield f"  {root} --> {ids[name]}"
    for component in release.components:
        for name in component.needs:
            if name in ids:
                yield f"  {ids[component.name]} --> {ids[name]}"


def _roots(release: Release) -> list[str]:
    below = {name for component in release.components for name in component.needs}
    return [c.name for c in release.components if c.name not in below]


def _label(*words: str) -> str:
    """Return text that Mermaid takes for nothing else: its entities are HTML's, with a hash."""
    text = " ".join(filter(None, words))
    return "".join(c if c.isalnum() or c in " .+~:-_/" else f"#{ord(c)};" for c in text)


def _met(run: Run, release: Release) -> Mapping[str, tuple[str, ...]]:
    """Return the versions that the run's machines had of each component under this release."""
    met: dict[str, dict[str, None]] = {}
    for cell in run.cells:
        for state in cell.states:
            if (cell.product, state.release) == (release.product, release.name):
                for name, version in state.components.items():
                    met.setdefault(name, {})[version] = None
    return {name: tuple(sorted(versions)) for name, versions in met.items()}


def _tree(release: Release, met: Mapping[str, tuple[str, ...]]) -> Tree:
    known = {component.name: component for component in release.components}

    def node(name: str, above: tuple[str, ...]) -> Node:
        way = (*above, name)
        below = (n for n in known[name].needs if n in known and n not in way)
        return Node(
            component=known[name],
            found=met.get(name, ()),
            below=tuple(node(each, way) for each in below),
        )

    return Tree(release=release, below=tuple(node(name, ()) for name in _roots(release)))
