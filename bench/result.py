"""One measured ratio, and the table of all."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Result:
    """One comparison. ``value`` is a ratio or seconds, as ``target`` says."""

    name: str
    ours: str
    other: str
    value: float
    unit: str
    target: str
    met: bool
    samples: dict[str, list[float]]
    """Seconds of each sample, by what was measured."""


def show(results: Sequence[Result], path: Path) -> None:
    """Print the table and write it as JSON."""
    table = Table(title="upgradeproof bench")
    for column in ("what", "ours", "beside", "measured", "target", "met"):
        table.add_column(column)
    for r in results:
        measured = f"{r.value:.2f} {r.unit}".strip()
        table.add_row(r.name, r.ours, r.other, measured, r.target, "yes" if r.met else "NO")
    Console(width=160).print(table)
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": {"system": platform.platform(), "processors": os.cpu_count()},
        "results": [asdict(result) for result in results],
    }
    path.write_text(json.dumps(record, indent=1), encoding="utf-8")
