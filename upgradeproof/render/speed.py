"""What a run knows of a cell's speed and availability: a few words for the matrix, a section."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, Self, TypeVar

from markupsafe import Markup

from upgradeproof.extras import Extra, missing
from upgradeproof.render import words
from upgradeproof.results import Availability, Cell, LoadMeasured, Verdict
from upgradeproof.results.health import FORMULA, Health, health
from upgradeproof.states import StateName

BOTH_RELEASES = (StateName.INSTALLED, StateName.UPGRADED)
AMOUNT = re.compile(r"(?P<number>[\d.]+) (?P<unit>ms|s)")
"""A latency of one unit; ``1 min 05 s`` is none."""
MAX_LOADS = 2
"""The maximum of loads in a cell of the matrix."""
MAX_PICTURES = 128
"""How many pictures of each kind are saved for the next page."""
OUTCOMES: Mapping[str, tuple[Verdict, str]] = {
    "within": (Verdict.PASSED, "within the budget"),
    "worse": (Verdict.FAILED, "beyond the budget"),
    "cannot_tell": (Verdict.NOT_APPLICABLE, "noise hides the answer"),
    "not_compared": (Verdict.NEVER_RAN, "not compared"),
}
"""The text of a ratio's outcome, and the verdict whose colour it has."""
TARGETS: Mapping[str, str] = {
    "p99_ratio": "99th percentile",
    "throughput_ratio": "time for each answer",
}


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One line of a cell in the matrix."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a prober saw, with its heat map."""

    availability: Availability
    picture: Markup | None


@dataclass(frozen=True, kw_only=True)
class Section:
    """Everything on the page about one cell's speed and availability."""

    cell: Cell
    health: Health | None
    formula: str
    curves: tuple[tuple[str, Markup], ...]
    """Name of a load, and its percentile curves."""
    seen: tuple[Seen, ...]
    undrawn: str = ""
    """Why there are no pictures, if that is so."""


def measures(cell: Cell) -> tuple[Measure, ...]:
    """Return the lines of a cell in the matrix: latency before and after, downtime, health."""
    return (*_latencies(cell), *_downtime(cell), *_index(cell))


def section(cell: Cell) -> Section | None:
    """Return a cell's section of the page, with its pictures; None: nothing was measured."""
    if not (cell.loads or cell.ratios or cell.availability):
        return None
    if absent := missing(Extra.CHARTS):
        return Section(
            cell=cell,
            health=health(cell),
            formula=FORMULA,
            curves=(),
            seen=tuple(Seen(availability=each, picture=None) for each in cell.availability),
            undrawn=str(absent),
        )
    drawn = ((load, _curves(_ToDraw.of(*sent.values()))) for load, sent in _by_load(cell).items())
    return Section(
        cell=cell,
        health=health(cell),
        formula=FORMULA,
        curves=tuple((load, picture) for load, picture in drawn if picture),
        seen=tuple(
            Seen(availability=each, picture=_heat(_ToDraw.of(each))) for each in cell.availability
        ),
    )


M = TypeVar("M", LoadMeasured, Availability)


@dataclass(frozen=True)
class _ToDraw(Generic[M]):
    """What a picture shows. Two are equal if their texts are: models hold dictionaries."""

    text: tuple[str, ...]
    models: tuple[M, ...] = field(compare=False)

    @classmethod
    def of(cls, *models: M) -> Self:
        return cls(tuple(model.model_dump_json() for model in models), models)


# A run has several pages with the same pictures. matplotlib takes a second to be imported, and most
# runs have nothing to draw.


@lru_cache(maxsize=MAX_PICTURES)
def _curves(measured: _ToDraw[LoadMeasured]) -> Markup | None:
    from upgradeproof.render import pictures  # noqa: PLC0415

    return pictures.curves(measured.models)


@lru_cache(maxsize=MAX_PICTURES)
def _heat(seen: _ToDraw[Availability]) -> Markup | None:
    from upgradeproof.render import pictures  # noqa: PLC0415

    (availability,) = seen.models
    return pictures.heat(availability)


def _by_load(cell: Cell) -> dict[str, dict[str, LoadMeasured]]:
    """Return what was measured, by load and state."""
    found: dict[str, dict[str, LoadMeasured]] = {}
    for sent in cell.loads:
        found.setdefault(sent.load, {})[sent.state] = sent
    return found


def _latencies(cell: Cell) -> Iterator[Measure]:
    loads = [(load, sent) for load, sent in _by_load(cell).items() if {*BOTH_RELEASES} & {*sent}]
    for load, sent in loads[:MAX_LOADS]:
        before, after = (_p99(sent.get(state)) for state in BOTH_RELEASES)
        was, now = AMOUNT.fullmatch(before), AMOUNT.fullmatch(after)
        if was and now and was["unit"] == now["unit"]:
            before = was["number"]
        yield Measure(name=f"p99 {load}", value=f"{before} → {after}")
    if len(loads) > MAX_LOADS:
        yield Measure(name="loads", value=f"{len(loads) - MAX_LOADS} more")


def _p99(sent: LoadMeasured | None) -> str:
    if sent is None:
        return "?"
    if sent.problem:
        return "broken"
    return words.latency(sent.p99_ms) if sent.answered else "no answer"


def _downtime(cell: Cell) -> Iterator[Measure]:
    probed = [seen for seen in cell.availability if seen.state == StateName.UPGRADED]
    if not probed:
        return
    connections = [measured for seen in probed if not seen.problem for measured in seen.connections]
    whole = (
        connections
        and all(measured.requests for measured in connections)
        and not any(s.problem for s in probed)
    )
    longest = max((measured.longest_downtime_ms for measured in connections), default=0.0)
    if whole:
        value = words.latency(longest) if longest else "none"
    else:
        value = f"at least {words.latency(longest)}" if longest else "not known"
    yield Measure(name="downtime", value=value)


def _index(cell: Cell) -> Iterator[Measure]:
    found = health(cell)
    if found:
        yield Measure(name="health", value=f"{found.index} of 100")
