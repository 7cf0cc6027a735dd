"""Durations, latencies and availability of two runs, with their intervals where there are any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from upgradeproof.decision.statistics import wilson
from upgradeproof.results import Cell


@dataclass(frozen=True, kw_only=True)
class Value:
    """One measurement; ``low`` and ``high`` are its interval of 95 %, None where it has none."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measurement in two runs."""

    cell: str
    name: str
    unit: str
    """``s``, ``ms``, ``%`` or ``x`` for a ratio."""
    before: Value
    after: Value

    @property
    def differs(self) -> bool | None:
        """Return whether the intervals have nothing in common; None: there are no intervals."""
        old, new = self.before, self.after
        if old.low is None or old.high is None or new.low is None or new.high is None:
            return None
        return old.high < new.low or new.high < old.low

    @property
    def worse(self) -> bool:
        """Return whether the intervals show a loss: less availability, or a higher ratio."""
        if not self.differs:
            return False
        less = self.after.value < self.before.value
        return less if self.unit == "%" else not less

    def __str__(self) -> str:
        judged = {True: "different", False: "no difference shown", None: "no interval"}
        return f"{self.cell} {self.change} ({judged[self.differs]})"

    @property
    def change(self) -> str:
        """Return name and values: ``duration of upgraded: 41 s -> 43 s``."""
        before, after = _text(self.before, self.unit), _text(self.after, self.unit)
        return f"{self.name}: {before} -> {after}"


def measures(old: Cell, new: Cell) -> Iterator[Measure]:
    """Yield what was measured of a cell in both runs."""
    before, after = dict(values(old)), dict(values(new))
    for (name, unit), value in after.items():
        if (name, unit) in before:
            yield Measure(cell=new.id, name=name, unit=unit, before=before[name, unit], after=value)


def values(cell: Cell) -> Iterator[tuple[tuple[str, str], Value]]:
    """Yield what was measured of a cell, by name and unit."""
    for state in cell.states:
        if state.duration_s is not None and not state.reused:
            yield (f"duration of {state.name}", "s"), Value(value=state.duration_s)
    for sent in cell.loads:
        if sent.answered and not sent.problem:
            yield (f"p99 of {sent.load} in {sent.state}", "ms"), Value(value=sent.p99_ms)
    for each in cell.ratios:
        if each.ratio is not None:
            value = Value(value=each.ratio, low=each.low, high=each.high)
            yield (f"{each.target} of {each.load}", "x"), value
    for seen in cell.availability:
        for measured in seen.connections if not seen.problem else ():
            good = measured.requests - measured.failed - measured.late
            low, high = wilson(good, measured.requests)
            value = Value(value=100 * measured.share, low=100 * low, high=100 * high)
            name = (
                f"availability of {seen.endpoint}, {measured.connection} connections, {seen.state}"
            )
            yield (name, "%"), value


def _text(value: Value, unit: str) -> str:
    interval = (
        f" [{value.low:.4g}, {value.high:.4g}]"
        if value.low is not None and value.high is not None
        else ""
    )
    return f"{value.value:.4g} {unit}{interval}"
