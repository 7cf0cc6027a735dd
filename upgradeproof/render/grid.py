"""The matrix: platforms down, upgrades across, in an order that does not change between runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby

from upgradeproof.render import speed, words
from upgradeproof.results import Cell, Run, Verdict

DIGITS = re.compile(r"(\d+)")


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
    upgrade: str
    gist: str
    took: str
    measures: tuple[speed.Measure, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One upgrade of one product."""

    product: str
    upgrade: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One platform, with its faces column by column; a column may have none."""

    platform: str
    name: str
    kind: str
    fidelity: str
    faces: tuple[tuple[Face, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The whole matrix; ``products`` has the number of columns of each product."""

    products: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that puts debian-9 before debian-11, as a reader would."""
    parts = DIGITS.split(text)
    return tuple((0, int(p), p) if i % 2 else (1, 0, p) for i, p in enumerate(parts) if p)


def arrange(run: Run) -> Grid:
    """Put every cell at its place; a place can have two cells."""
    columns = sorted(
        {
            Column(product=c.product, upgrade=c.upgrade, title=words.upgrade_title(c))
            for c in run.cells
        },
        key=lambda column: (natural(column.product), natural(column.upgrade)),
    )
    faces = [_face(index, cell) for index, cell in enumerate(run.cells)]
    platforms = sorted({cell.platform for cell in run.cells}, key=natural)
    return Grid(
        products=tuple(
            (product, len(tuple(group)))
            for product, group in groupby(columns, key=lambda column: column.product)
        ),
        columns=tuple(columns),
        rows=tuple(
            _row(platform, columns, [f for f in faces if f.cell.platform == platform])
            for platform in platforms
        ),
    )


def _row(platform: str, columns: list[Column], faces: list[Face]) -> Row:
    name, dot, kind = platform.rpartition(".")
    fidelities = dict.fromkeys(str(f.cell.fidelity) for f in faces if f.cell.fidelity)
    places: dict[tuple[str, str], list[Face]] = {}
    for face in faces:
        places.setdefault((face.cell.product, face.cell.upgrade), []).append(face)
    return Row(
        platform=platform,
        name=name if dot else platform,
        kind=kind if dot else "",
        fidelity="; ".join(fidelities),
        faces=tuple(tuple(places.get((c.product, c.upgrade), ())) for c in columns),
    )


def _face(index: int, cell: Cell) -> Face:
    return Face(
        index=index,
        cell=cell,
        upgrade=words.upgrade_title(cell),
        gist=words.gist(cell),
        took=words.duration(words.cell_seconds(cell) or None),
        measures=speed.measures(cell),
        shares=shares([check.verdict for check in cell.checks]),
    )


def shares(verdicts: list[Verdict]) -> tuple[Share, ...]:
    """Return the stretches of a bar that shows these verdicts in proportion."""
    stretches: list[Share] = []
    start = 0.0
    for verdict, number in words.count(verdicts).items():
        if number:
            length = 100 * number / len(verdicts)
            stretches.append(Share(verdict=verdict, start=round(start, 3), length=round(length, 3)))
            start += length
    return tuple(stretches)
