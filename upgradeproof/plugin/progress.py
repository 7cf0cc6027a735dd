"""Live progress: what each cell is doing, from the journals of all workers."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

import pytest
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from upgradeproof.plugin.run import Session
from upgradeproof.results import journal as j
from upgradeproof.results.declared import PartRejected

PERIOD_S = 0.25
DECLARED = (
    *(j.RunStarted, j.RunFinished, j.ReleaseDeclared, j.PlanDeclared, j.ChangeExpected),
    *(j.CellDeclared, j.CheckDeclared, PartRejected),
)
"""Events of which no cell's row tells."""


class Tail:
    """Read what was added to the journals of a folder since the last look."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[Path, BinaryIO] = {}

    def new_events(self) -> Iterator[j.Event]:
        """Yield the events of whole lines that were added."""
        for path in sorted(self._folder.glob("*.jsonl")):
            file = self._files.get(path) or self._files.setdefault(path, path.open("rb"))
            whole, _, rest = file.read().rpartition(b"\n")
            file.seek(-len(rest), os.SEEK_CUR)
            yield from j.parse(whole.splitlines())

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()


@dataclass
class Doing:
    """What one cell is doing."""

    state: str = ""
    step: str = ""
    since: float = 0.0
    began: str = ""
    checks: int = 0
    bad: int = 0


class Board:
    """What all cells are doing, kept up to date by the journals' events."""

    def __init__(self) -> None:
        self.cells: dict[str, Doing] = {}

    def take(self, event: j.Event) -> str | None:
        """Take an event and return the line that tells of it, if it is worth one."""
        if isinstance(event, DECLARED):
            return None
        doing = self.cells.setdefault(event.cell, Doing())
        match event:
            case j.CheckFinished():
                doing.checks += 1
                doing.bad += event.verdict not in ("passed", "not_applicable")
                doing.step, doing.since = f"checking: {event.check}", time.monotonic()
                return None
            case j.StateStarted():
                doing.state, doing.step, doing.began = event.state, "begins", event.at
            case j.StepStarted() if event.at < doing.began:
                return None  # of the run that built the state which is reused now
            case j.StepStarted():
                doing.step = event.title
            case j.StateReached():
                how = "reused from an earlier run" if event.reused else "reached"
                doing.step = f"{how} ({event.duration_s:.1f} s)"
            case j.StateFailed():
                doing.step = f"{event.verdict}: {event.reason.splitlines()[0]}"
            case _:
                return None
        doing.since = time.monotonic()
        return f"{event.cell}: {doing.state}: {doing.step}"

    def table(self) -> Table:
        """Return one row for each cell."""
        table = Table.grid(padding=(0, 1))
        for cell, doing in self.cells.items():
            table.add_row(
                f"[bold]{cell}[/bold]",
                doing.state,
                f"[green]{doing.checks}[/green]"
                + (f" [red]{doing.bad}[/red]" if doing.bad else ""),
                f"{time.monotonic() - doing.since:5.0f} s",
                Text(doing.step, overflow="ellipsis", no_wrap=True),
            )
        return table


class WholeLines:
    """Stand in for the terminal while the table is there: what pytest writes goes above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._partial = ""

    def write(self, text: str) -> int:
        """Print the lines that are whole; keep a row of dots until it ends."""
        *lines, self._partial = (self._partial + text).split("\n")
        for line in lines:
            self._console.print(Text.from_ansi(line.rpartition("\r")[2]))
        return len(text)

    def flush(self) -> None:
        """Do nothing: a row of dots can't be printed above the table in parts."""

    @property
    def rest(self) -> str:
        """Return what is not a whole line yet."""
        return self._partial


class Progress:
    """Watch the journals beside pytest: a live table in a terminal, plain lines elsewhere."""

    def __init__(self, part: Session, config: pytest.Config) -> None:
        self._part = part
        self._config = config
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")

    @pytest.hookimpl
    def pytest_sessionstart(self) -> None:
        """Begin to watch, unless the user wants quiet."""
        if self._config.get_verbosity() >= 0:
            self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)
            self._thread.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Stop before the summary is printed."""
        self._done.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._out.close()

    def _watch(self) -> None:
        tail, board = Tail(self._part.reports / "journal"), Board()
        show = self._live if self._out.isatty() else self._plain
        try:
            show(tail, board)
        finally:
            tail.close()

    def _plain(self, tail: Tail, board: Board) -> None:
        started = time.monotonic()
        while not self._done.wait(PERIOD_S):
            for event in tail.new_events():
                if line := board.take(event):
                    self._print(f"[{time.monotonic() - started:7.1f} s] {line}")

    def _print(self, line: str) -> None:
        """Print on a line of its own: pytest's dots go on behind it with their file's name."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and reporter._tw.width_of_current_line:  # noqa: SLF001  # no other way to know
            reporter.currentfspath = None
            reporter._tw._current_line = ""  # noqa: SLF001
            self._out.write("\n")
        self._out.write(f"{line}\n")
        self._out.flush()

    def _live(self, tail: Tail, board: Board) -> None:
        """Keep the table at the bottom; pytest's own lines, when whole, go above it."""
        console = Console(file=self._out)
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return
        writer = reporter._tw  # noqa: SLF001  # pytest has no public way in
        terminal, lines = writer._file, WholeLines(console)  # noqa: SLF001
        with Live(console=console, transient=True, refresh_per_second=4) as live:
            writer._file = lines  # noqa: SLF001  # it has all that pytest uses of a file
            while not self._done.wait(PERIOD_S):
                for event in tail.new_events():
                    board.take(event)
                live.update(board.table())
            writer._file = terminal  # noqa: SLF001
        self._out.write(lines.rest)
        self._out.flush()
