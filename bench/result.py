"""One measured ratio, and the table of all."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

Side = tuple[str, Sequence[float]]
"""What one side of a comparison is called, and the seconds of its samples."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One comparison. ``value`` is a ratio or seconds, like ``target``."""

    name: str
    ours: str
    other: str
    value: float
    unit: str
    target: str
    met: bool
    samples: dict[str, list[float]]
    """Seconds of each sample, by what was measured."""

    @classmethod
    def seconds(cls, name: str, samples: Sequence[float], *, below: float | None = None) -> Result:
        """Return the median of times that are compared with a limit, in seconds, alone."""
        value = median(samples)
        return cls(
            name=name,
            ours=_time(value),
            other="-",
            value=value,
            unit="s",
            target="-" if below is None else f"< {below:g} s",
            met=below is None or value < below,
            samples={name: list(samples)},
        )

    @classmethod
    def overhead(
        cls, name: str, ours: Side, other: Side, *, maximum: float | None = None
    ) -> Result:
        """Return how many times as long ours took as the other, by the medians of their seconds."""
        value = median(ours[1]) / median(other[1])
        return cls(
            name=name,
            value=value,
            unit="x the time",
            target="-" if maximum is None else f"<= {maximum:g} x",
            met=maximum is None or value <= maximum,
            **_comparison(ours, other),
        )

    @classmethod
    def faster(cls, name: str, ours: Side, other: Side, *, minimum: float | None = None) -> Result:
        """Return how many times as fast as the other ours was, by the medians of their seconds."""
        value = median(other[1]) / median(ours[1])
        return cls(
            name=name,
            value=value,
            unit="x as fast",
            target="-" if minimum is None else f">= {minimum:g} x",
            met=minimum is None or value >= minimum,
            **_comparison(ours, other),
        )


def _comparison(ours: Side, other: Side) -> dict[str, Any]:
    return {
        "ours": f"{_time(median(ours[1]))} ({ours[0]})",
        "other": f"{_time(median(other[1]))} ({other[0]})",
        "samples": {what: list(samples) for what, samples in (ours, other)},
    }


def _time(seconds: float) -> str:
    if seconds < 0.1:
        return f"{seconds * 1000:.2f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


def show(results: Sequence[Result]) -> None:
    """Print the table."""
    table = Table(title="upgradeproof bench")
    for column in ("what", "ours", "compared with", "measured", "target", "met"):
        table.add_column(column)
    for r in results:
        measured = f"{r.value:.2f} {r.unit}".strip()
        table.add_row(r.name, r.ours, r.other, measured, r.target, "yes" if r.met else "NO")
    Console(width=160).print(table)


def record(results: Sequence[Result], path: Path) -> None:
    """Write the results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    contents = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": {"system": platform.platform(), "processors": os.cpu_count()},
        "results": [asdict(result) for result in results],
    }
    path.write_text(json.dumps(contents, indent=1), encoding="utf-8")
