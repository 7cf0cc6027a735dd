"""Show what each cell of a run is doing, while pytest runs in another terminal."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.live import Live

from upgradeproof.errors import HarnessError
from upgradeproof.home import Home
from upgradeproof.progress import JournalFollower, ProgressTable

HELP = "show what each cell of a run is doing"
PERIOD_S = 0.25


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument(
        "reports",
        nargs="?",
        type=Path,
        metavar="RUN",
        help="a folder of reports; default: reports/out",
    )


def run(arguments: argparse.Namespace) -> int:
    """Follow the journals until the run has ended: a table in a terminal, plain lines elsewhere."""
    reports: Path = arguments.reports or Home(Path.cwd()).reports
    journals = reports / "journal"
    if not journals.is_dir():
        raise HarnessError(
            f"there is no run in {reports}", resolution="start pytest, then watch again"
        )
    table = ProgressTable()
    with closing(JournalFollower(journals)) as follower:
        show = _live if sys.stdout.isatty() else _plain
        show(table, _lines(table, follower, lambda: time.sleep(PERIOD_S)))
    return 0


def _lines(
    table: ProgressTable, follower: JournalFollower, wait: Callable[[], None]
) -> Iterator[str | None]:
    """Yield each line as it comes, and None after each look, until the run has ended."""
    while True:
        for event in follower.new_events():
            if line := table.take(event):
                yield line
        yield None
        if table.finished:
            return
        wait()


def _plain(_table: ProgressTable, lines: Iterator[str | None]) -> None:
    for line in lines:
        if line:
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _live(table: ProgressTable, lines: Iterator[str | None]) -> None:
    with Live(console=Console(), refresh_per_second=4) as live:
        for line in lines:
            if line is None:
                live.update(table.table())
