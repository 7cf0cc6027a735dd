"""Latency over time, while an upgrade went on: a heat map, with downtimes and steps below it."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from upgradeproof.render import words
from upgradeproof.render.pictures import svg
from upgradeproof.results import Availability
from upgradeproof.results.load import HeatMap
from upgradeproof.states import StateName

WIDTH, MAP_HEIGHT, ROW_HEIGHT, ABOVE, BELOW, GAP = 900, 220, 20, 26, 26, 8
"""In points: the picture, the map in it, each row below, and the gaps between them."""
LEFT, RIGHT = 0.1, 0.975
OPACITIES = (0.3, 0.5, 0.75, 1.0)
LOST_SHARE = 0.09
"""Height of the band of lost requests, as a share of the rows below it."""
MAX_TICKS = 6
Stretch = tuple[float, float, float]
"""A row's place, and where in it something begins and ends."""


def heat(seen: Availability) -> Markup | None:
    """Return the heat map of what a prober saw; None: it sent nothing.

    The darker a field, the more requests of that moment took that long. Below are the downtimes of
    each kind of connection and the steps of the upgrade, on the same seconds.
    """
    if not seen.heat.spots:
        return None
    rows = len(seen.connections) + len(seen.steps)
    below = GAP + rows * ROW_HEIGHT if rows else 0
    height = ABOVE + MAP_HEIGHT + below + BELOW
    with svg.settings():
        figure = Figure(figsize=(WIDTH / svg.POINTS, height / svg.POINTS))
        box = (LEFT, (below + BELOW) / height, RIGHT - LEFT, MAP_HEIGHT / height)
        axes = figure.add_axes(box)
        _draw_map(axes, seen)
        last = axes
        if rows:
            box = (LEFT, BELOW / height, RIGHT - LEFT, rows * ROW_HEIGHT / height)
            last = figure.add_axes(box, sharex=axes)
            axes.tick_params(labelbottom=False)
            _draw_rows(last, seen)
        for step in seen.steps:
            axes.axvline(step.began_s, color=svg.INK, linewidth=0.8, dashes=(1, 2))
        axes.set_xlim(0, max(seen.duration_s, seen.heat.columns * seen.heat.column_s))
        last.xaxis.set_major_formatter("{x:g} s")
        return svg.inline(figure, _label(seen))


def levels(highest: int) -> tuple[int, ...]:
    """Return the greatest count of each shade: up to four, each by the same factor higher."""
    return tuple(sorted({math.ceil(highest ** (i / len(OPACITIES)) - 1e-9) for i in range(1, 5)}))


def _draw_map(axes: Axes, seen: Availability) -> None:
    heat_map, rows = seen.heat, len(seen.heat.rows_ms)
    bounds = levels(max(spot.count for spot in heat_map.spots))
    band = max(1.0, LOST_SHARE * rows)
    top = rows + band / 2
    legend = [Patch(fill=False, linewidth=0, label="requests of one moment:")]
    for place, highest in enumerate(bounds):
        opacity = OPACITIES[len(OPACITIES) - len(bounds) + place]
        lowest = bounds[place - 1] + 1 if place else 1
        good, lost = _stretches(heat_map, lowest, highest)
        _fill(axes, good, 1.0, svg.COLOURS[StateName.UPGRADED], opacity)
        _fill(
            axes, ((top, begin, end) for _, begin, end in lost), band, svg.COLOURS["lost"], opacity
        )
        label = f"{lowest} to {highest}" if lowest < highest else f"{highest}"
        legend.append(Patch(color=svg.COLOURS[StateName.UPGRADED], alpha=opacity, label=label))
    legend.append(Patch(color=svg.COLOURS["lost"], label="lost"))
    axes.legend(
        handles=legend,
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=len(legend),
        borderaxespad=0.2,
        handlelength=1.2,
    )
    axes.set_ylim(0, top + band)
    _label_rows(axes, heat_map.rows_ms, top + band / 2)
    _draw_late(axes, heat_map.rows_ms, seen.answer_timeout_ms)


def _label_rows(axes: Axes, rows_ms: Sequence[float], lost: float) -> None:
    stride = math.ceil(len(rows_ms) / MAX_TICKS)
    places = [at for at in range(1, len(rows_ms) + 1, stride) if at < lost - stride / 2]
    axes.set_yticks([*places, lost], [*(svg.tick(rows_ms[at - 1]) for at in places), "lost"])


def _draw_late(axes: Axes, rows_ms: Sequence[float], answer_timeout_ms: float) -> None:
    """Draw where an answer begins to be late, at the next bound of a row."""
    place = bisect_left(rows_ms, answer_timeout_ms) + 1
    if place <= len(rows_ms):
        axes.axhline(place, color=svg.INK, linewidth=0.8, dashes=(5, 3))
        across = axes.get_yaxis_transform()
        axes.text(0.995, place, "late above", ha="right", va="bottom", transform=across)


def _stretches(heat_map: HeatMap, lowest: int, highest: int) -> tuple[list[Stretch], list[Stretch]]:
    """Return the fields of one shade, neighbours in a row as one: those answered, those lost."""
    columns: dict[int, list[int]] = {}
    for spot in heat_map.spots:
        if lowest <= spot.count <= highest:
            columns.setdefault(spot.row, []).append(spot.column)
    good: list[Stretch] = []
    lost: list[Stretch] = []
    for row, found in sorted(columns.items()):
        into = good if row < len(heat_map.rows_ms) else lost
        into.extend(
            (row, first * heat_map.column_s, (last + 1) * heat_map.column_s)
            for first, last in _runs(sorted(found))
        )
    return good, lost


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of numbers that follow each other."""
    first = numbers[0]
    for number, following in pairwise(numbers):
        if following != number + 1:
            yield first, number
            first = following
    yield first, numbers[-1]


def _fill(
    axes: Axes, stretches: Iterable[Stretch], height: float, colour: str, opacity: float
) -> None:
    """Fill all stretches as one path, which is a tenth of the text of as many paths."""
    boxes = [
        Path([(a, y), (b, y), (b, y + height), (a, y + height), (a, y)], closed=True)
        for y, a, b in stretches
    ]
    if boxes:
        path = Path.make_compound_path(*boxes)
        # not add_patch, which measures each field again: the limits are set
        axes.add_artist(PathPatch(path, facecolor=colour, linewidth=0, alpha=opacity))


def _draw_rows(axes: Axes, seen: Availability) -> None:
    """Draw a row for each kind of connection and for each step, from top to bottom."""
    for row, measured in enumerate(seen.connections):
        for down in measured.downtimes:
            length = down.duration_ms / 1000
            # the line makes a downtime visible that is shorter than a pixel
            _bar(axes, row, down.began_s, length, color=svg.COLOURS["lost"], linewidth=1.5)
    whole = max(seen.duration_s, 1e-9)
    for row, step in enumerate(seen.steps, len(seen.connections)):
        length = step.ended_s - step.began_s
        _bar(axes, row, step.began_s, length, color=svg.INK, alpha=0.18, linewidth=1)
        late = step.began_s > whole / 2  # then the label fits before it, else from its beginning on
        axes.annotate(
            svg.name(step.title),
            (step.began_s, row + 0.5),
            xytext=(-5 if late else 5, 0),
            textcoords="offset points",
            ha="right" if late else "left",
            va="center",
        )
    names = [f"down, {measured.connection}" for measured in seen.connections]
    names += [f"step {number}" for number in range(1, len(seen.steps) + 1)]
    axes.set_yticks([row + 0.5 for row in range(len(names))], names)
    axes.set_ylim(len(names), 0)


def _bar(axes: Axes, row: int, began_s: float, length_s: float, **look: Any) -> None:
    axes.barh(row + 0.5, length_s, 0.64, began_s, **look)


def _label(seen: Availability) -> str:
    steps = "; ".join(f"{step.title} from {step.began_s:.1f} s" for step in seen.steps)
    connections = "; ".join(
        f"{each.connection} connections: longest downtime {words.latency(each.longest_downtime_ms)}"
        for each in seen.connections
    )
    return (
        f"Latency of requests to {seen.endpoint} over time. {connections}. Steps: {steps or 'none'}"
    )
