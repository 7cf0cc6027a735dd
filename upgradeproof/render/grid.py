"""The matrix of each product: platforms down, upgrades across, in an order that does not change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from upgradeproof.render import speed, words
from upgradeproof.results import Cell, Run, Verdict

DIGITS = re.compile(r"(\d+)")
WIDE = 6
"""Upgrades of a product from which on its cells are shown by their symbols alone."""
MANY = 400
"""Selected cells of a run from which on all of them are shown by their symbols alone."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """One stretch of a cell's little bar: where it begins and how long it is, in percent."""

    verdict: Verdict
    start: float
    length: float


@dataclass(frozen=True, kw_only=True)
class Face:
    """A cell as the matrix shows it; ``index`` is its place in ``run.cells``."""

    index: int
    cell: Cell
    verdict: Verdict
    upgrade: str
    gist: str
    took: str
    measures: tuple[speed.Measure, ...]
    counts: Counter[Verdict]
    """Its checks by verdict."""
    shares: tuple[Share, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One platform, with its faces column by column; a column may have none."""

    platform: str
    name: str
    kind: str
    fidelity: str
    faces: tuple[tuple[Face, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Product:
    """The matrix of one product: its own platforms and upgrades."""

    name: str
    titles: tuple[str, ...]
    """Its upgrades, as the columns are headed."""
    rows: tuple[Row, ...]
    unselected: tuple[Face, ...]
    """The cells that the run did not select; they are in no row."""
    counts: dict[Verdict, int]
    """Selected cells by verdict."""
    dense: bool
    """Whether its cells are shown by their symbols alone."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One line of the overview: the selected cells of one product or platform."""

    name: str
    counts: dict[Verdict, int]
    shares: tuple[Share, ...]


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that puts debian-9 before debian-11, as a reader would."""
    parts = DIGITS.split(text)
    return tuple((0, int(p), p) if i % 2 else (1, 0, p) for i, p in enumerate(parts) if p)


def faces(run: Run) -> tuple[Face, ...]:
    """Return a face for every cell, in the order of the run."""
    return tuple(_face(index, cell) for index, cell in enumerate(run.cells))


def arrange(shown: Iterable[Face], *, fold: bool = True) -> tuple[Product, ...]:
    """Put every cell at its place in the matrix of its product; a place can have two cells.

    ``fold``: cells that were not selected are in no row, and a platform or an upgrade that has no
    other cell has none.
    """
    by_product: dict[str, list[Face]] = {}
    for face in shown:
        by_product.setdefault(face.cell.product, []).append(face)
    many = sum(f.cell.selected for found in by_product.values() for f in found) > MANY
    return tuple(
        _product(name, by_product[name], fold=fold, many=many)
        for name in sorted(by_product, key=natural)
    )


def overview(shown: Sequence[Face]) -> dict[str, tuple[Part, ...]]:
    """Return how many selected cells have which verdict, by product and by platform."""
    return {
        "product": _parts(
            (face.cell.product, face.verdict) for face in shown if face.cell.selected
        ),
        "platform": _parts(
            (face.cell.platform, face.verdict) for face in shown if face.cell.selected
        ),
    }


def _parts(found: Iterable[tuple[str, Verdict]]) -> tuple[Part, ...]:
    verdicts: dict[str, list[Verdict]] = {}
    for name, verdict in found:
        verdicts.setdefault(name, []).append(verdict)
    return tuple(
        Part(name=name, counts=words.count(verdicts[name]), shares=shares(Counter(verdicts[name])))
        for name in sorted(verdicts, key=natural)
    )


def _product(name: str, found: list[Face], *, fold: bool, many: bool) -> Product:
    shown = [face for face in found if face.cell.selected or not fold]
    upgrades = {face.cell.upgrade: face.upgrade for face in shown}
    columns = sorted(upgrades, key=natural)
    by_platform: dict[str, list[Face]] = {}
    for face in shown:
        by_platform.setdefault(face.cell.platform, []).append(face)
    return Product(
        name=name,
        titles=tuple(upgrades[upgrade] for upgrade in columns),
        rows=tuple(
            _row(platform, columns, by_platform[platform])
            for platform in sorted(by_platform, key=natural)
        ),
        unselected=tuple(face for face in found if not face.cell.selected) if fold else (),
        counts=words.count(face.verdict for face in found if face.cell.selected),
        dense=many or len(columns) > WIDE,
    )


def _row(platform: str, columns: list[str], found: list[Face]) -> Row:
    name, dot, kind = platform.rpartition(".")
    fidelities = dict.fromkeys(str(f.cell.fidelity) for f in found if f.cell.fidelity)
    places: dict[str, list[Face]] = {}
    for face in found:
        places.setdefault(face.cell.upgrade, []).append(face)
    return Row(
        platform=platform,
        name=name if dot else platform,
        kind=kind if dot else "",
        fidelity="; ".join(fidelities),
        faces=tuple(tuple(places.get(upgrade, ())) for upgrade in columns),
    )


def _face(index: int, cell: Cell) -> Face:
    verdict = cell.verdict
    counts = Counter([check.verdict for check in cell.checks])
    return Face(
        index=index,
        cell=cell,
        verdict=verdict,
        upgrade=words.upgrade_title(cell),
        gist=words.gist(cell, verdict),
        took=words.duration(words.cell_seconds(cell) or None),
        measures=speed.measures(cell),
        counts=counts,
        shares=shares(counts),
    )


def shares(counts: Mapping[Verdict, int]) -> tuple[Share, ...]:
    """Return the stretches of a bar that shows these numbers of verdicts in proportion."""
    stretches: list[Share] = []
    start = 0.0
    whole = sum(counts.values())
    for verdict in words.WORDS:
        if number := counts.get(verdict, 0):
            length = 100 * number / whole
            stretches.append(Share(verdict=verdict, start=round(start, 3), length=round(length, 3)))
            start += length
    return tuple(stretches)
