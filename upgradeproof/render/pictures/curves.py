"""Latency by percentile: one load on several states, in one picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from upgradeproof.render import words
from upgradeproof.render.pictures import svg
from upgradeproof.results import LoadMeasured
from upgradeproof.states import STATES

SIZE = (900 / svg.POINTS, 300 / svg.POINTS)
DASHES: Mapping[str, tuple[int, ...]] = {
    name: spec.dashes for name, spec in STATES.items() if spec.dashes
}
PERCENTS = (50.0, 90.0, 99.0, 99.9, 99.99, 99.999)
STEPS = (1, 2, 5)


def curves(measured: Sequence[LoadMeasured]) -> Markup | None:
    """Return the percentile curves of one load on its states; None: there is none to draw.

    Percentiles are on a scale of 1 / (1 - p): 90, 99 and 99.9 % are as far from each other. The
    slowest of n answers, for which a curve may have 100 %, is drawn where 1 of n is slower.
    """
    drawn = [(one, points) for one in measured if (points := _points(one))]
    if not drawn:
        return None
    every = [point for _, points in drawn for point in points]
    with svg.settings():
        figure = Figure(figsize=SIZE)
        axes = figure.add_axes((0.075, 0.12, 0.9, 0.78), xscale="log", yscale="log")
        for one, points in drawn:
            axes.plot(
                *zip(*points, strict=True),
                color=svg.COLOURS.get(one.state, svg.INK),
                dashes=DASHES.get(one.state, (None, None)),
                linewidth=2,
                label=svg.name(one.state.replace("_", " ")),
            )
        right = max(*(x for x, _ in every), 10.0)
        axes.set_xlim(2, right)
        shown = [percent for percent in PERCENTS if _place(percent, math.inf) <= right]
        places = [_place(percent, math.inf) for percent in shown]
        axes.set_xticks(places, [f"{percent:g} %" for percent in shown])
        ticks = _ticks(min(y for _, y in every), max(y for _, y in every))
        axes.set_ylim(ticks[0], ticks[-1])
        axes.set_yticks(ticks, [svg.tick(tick) for tick in ticks])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_locator(NullLocator())
        axes.tick_params(axis="x", pad=10)  # clear of the lowest latency, in the same corner
        axes.grid(visible=True)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 0.99), ncols=4, borderaxespad=0.2)
        return svg.inline(figure, _label([one for one, _ in drawn]))


def _points(one: LoadMeasured) -> list[tuple[float, float]]:
    """Return the curve from the median on; both scales are logarithmic and have no zero."""
    return [
        (_place(point.percent, max(one.answered, 2)), point.ms)
        for point in one.curve
        if point.percent >= PERCENTS[0] and point.ms > 0 and not one.problem
    ]


def _place(percent: float, limit: float) -> float:
    return min(1 / (1 - percent / 100), limit) if percent < 100 else limit  # noqa: PLR2004


def _ticks(low_ms: float, high_ms: float) -> list[float]:
    """Return 1, 2, 5, 10... around what is drawn; one of each decade where these are many."""
    first, last = math.floor(math.log10(low_ms)), math.ceil(math.log10(high_ms)) + 1
    steps = STEPS if last - first <= 4 else STEPS[:1]  # noqa: PLR2004  # 10 labels fit
    every = [step * 10.0**decade for decade in range(first, last + 1) for step in steps]
    below = max(tick for tick in every if tick <= low_ms)
    above = min(tick for tick in every if tick > high_ms)
    return [tick for tick in every if below <= tick <= above]


def _label(measured: Sequence[LoadMeasured]) -> str:
    states = (
        f"{one.state.replace('_', ' ')}: 50 % within {words.latency(one.p50_ms)}, "
        f"99 % within {words.latency(one.p99_ms)}"
        for one in measured
    )
    return f"Latency by percentile under the load {measured[0].load}. {'; '.join(states)}"
