"""Progress of a run: what each cell is doing, read from the journals while they are written."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, assert_never

from rich.table import Table
from rich.text import Text

from upgradeproof.results import Verdict
from upgradeproof.results import journal as j

SHOWN = (j.CheckFinished, j.StateStarted, j.StepStarted, j.StateReached, j.StateFailed)
"""Events that a cell's row reports."""


class JournalFollower:
    """Read what was added to the journals of a folder since the last time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[Path, BinaryIO] = {}

    def new_events(self) -> Iterator[j.Event]:
        """Yield the events of whole lines that were added."""
        for path in sorted(self._folder.glob("*.jsonl")):
            if path not in self._files:
                self._files[path] = path.open("rb")
            file = self._files[path]
            whole, _, rest = file.read().rpartition(b"\n")
            file.seek(-len(rest), os.SEEK_CUR)
            yield from j.parse(whole.splitlines())

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()


@dataclass
class CurrentStep:
    """What one cell is doing."""

    state: str = ""
    step: str = ""
    since: float = 0.0
    """When it began, in seconds since the epoch."""
    began: str = ""
    checks: int = 0
    bad: int = 0


class ProgressTable:
    """What all cells are doing, from the journals' events."""

    def __init__(self) -> None:
        self.cells: dict[str, CurrentStep] = {}
        self.finished = False
        """Whether the run has ended."""
        self._started: float | None = None

    def take(self, event: j.Event) -> str | None:
        """Take an event and return the line that reports it, if it is worth one."""
        if isinstance(event, j.RunStarted) and self._started is None:
            self._started = _seconds(event.at)
        self.finished = self.finished or isinstance(event, j.RunFinished)
        if not isinstance(event, SHOWN):
            return None
        at = _seconds(event.at)
        current = self.cells.setdefault(event.cell, CurrentStep())
        match event:
            case j.CheckFinished():
                current.checks += 1
                current.bad += event.verdict not in (Verdict.PASSED, Verdict.NOT_APPLICABLE)
                current.step, current.since = f"checking: {event.check}", at
                return None
            case j.StateStarted():
                current.state, current.step, current.began = event.state, "begins", event.at
            case j.StepStarted() if event.at < current.began:
                return None  # of the run that built the state which is reused now
            case j.StepStarted():
                current.step = event.title
            case j.StateReached():
                how = "reused from an earlier run" if event.reused else "reached"
                current.step = f"{how} ({event.duration_s:.1f} s)"
            case j.StateFailed():
                reason = event.reason.partition("\n")[0]
                current.step = f"{event.verdict}: {reason}" if reason else event.verdict
            case _:
                assert_never(event)
        current.since = at
        took = at - (at if self._started is None else self._started)
        return f"[{took:7.1f} s] {event.cell}: {current.state}: {current.step}"

    def table(self) -> Table:
        """Return one row for each cell."""
        table = Table.grid(padding=(0, 1))
        for cell, current in self.cells.items():
            table.add_row(
                f"[bold]{cell}[/bold]",
                current.state,
                f"[green]{current.checks}[/green]"
                + (f" [red]{current.bad}[/red]" if current.bad else ""),
                f"{time.time() - current.since:5.0f} s",
                Text(current.step, overflow="ellipsis", no_wrap=True),
            )
        return table


def _seconds(at: str) -> float:
    """Return the time of an event, in seconds since the epoch."""
    return datetime.fromisoformat(at).timestamp()
