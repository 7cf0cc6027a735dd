"""The report as a table: case x caught by x message, then the numbers."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from upgradeproof.counting import counted
from upgradeproof.defects.detection import GoodCell
from upgradeproof.defects.judgement import Sighting
from upgradeproof.field_cases.report import Outcome, Report
from upgradeproof.render.words import duration

WIDTH = 150
LONGEST_LINE = 200
MAX_SIGHTINGS = 3
"""Checks that are printed below a case; the JSON report has all of them."""
WORDS = {
    "caught": "caught",
    "by_chance": "RED BY CHANCE",
    "missed": "MISSED",
    "not_reproduced": "not reproduced",
    "unknown": "unknown",
    "broken": "broken",
    "not_run": "not run",
    "good": "good",
    "false_alarm": "FALSE ALARM",
}


def line(each: Outcome | GoodCell) -> str:
    """Return the line that is printed when a result arrives."""
    if isinstance(each, GoodCell):
        name, word = f"twin {each.cell.split('.')[-1]}", WORDS[each.verdict]
        seen = each.false_alarms
    else:
        name, word, seen = f"{each.case} {each.id}", WORDS[each.result], each.detected_by
    words = seen[0].id if seen else "".join(each.problem.splitlines()[:1])
    first = f": {words}" if words else ""
    return f"{word}: {name}{first} ({duration(each.duration_s)})"


def table(report: Report) -> str:
    """Return the table of all cases and twins."""
    text = io.StringIO()
    console = Console(width=WIDTH, file=text)
    for group in report.groups:
        rows = [each for each in report.cases if each.group == group.name]
        _print(
            console,
            group.name or "field cases",
            ((f"{e.case} {e.id.rpartition('/')[2]}", WORDS[e.result], _seen(e)) for e in rows),
        )
    twins = ((t.cell.split(".")[-1], WORDS[t.verdict], _alarms(t)) for t in report.twins)
    _print(console, "good twins", twins)
    return "\n".join(drawn.rstrip() for drawn in text.getvalue().splitlines()).rstrip() + "\n"


def numbers(report: Report) -> str:
    """Return the numbers of the summary."""
    lines = []
    for group in report.groups:
        wanted = f"wanted: {group.wanted}"
        lines.append(
            f"{group.name or 'field cases'}: caught {group.caught} of {group.failures} ({wanted})"
        )
    for result in ("by_chance", "missed", "not_reproduced", "unknown", "broken", "not_run"):
        ids = [each.id for each in report.cases if each.result == result]
        if ids:
            lines.append(f"{WORDS[result].lower()}: {', '.join(ids)}")
    ran = [twin for twin in report.twins if twin.verdict != "not_run"]
    lines.append(f"false alarms: {report.false_alarms} in {counted(len(ran), 'good twin')}")
    return "\n".join(lines) + "\n"


def _print(console: Console, heading: str, rows: Iterable[tuple[str, str, Iterable[str]]]) -> None:
    drawn = Table.grid(padding=(0, 2, 0, 0))
    for width in (34, 15, None):
        drawn.add_column(width=width, overflow="fold")
    for name, word, lines in rows:
        drawn.add_row(Text(name), Text(word), Text("\n".join(lines)))
    console.print(Text(heading))
    console.print(drawn)
    console.print()


def _seen(each: Outcome) -> Iterator[str]:
    sightings = each.detected_by or each.failed
    yield from _details(sightings)
    if each.problem:
        yield each.problem.splitlines()[0]


def _alarms(twin: GoodCell) -> Iterator[str]:
    yield counted(twin.checks, "check")
    yield from _details(twin.false_alarms)
    yield from twin.problem.splitlines()[:1]


def _details(sightings: tuple[Sighting, ...]) -> Iterator[str]:
    for each in sightings[:MAX_SIGHTINGS]:
        yield each.id
        if each.error:
            yield f"  {textwrap.shorten(each.error, LONGEST_LINE, placeholder='...')}"
    if len(sightings) > MAX_SIGHTINGS:
        yield f"and {len(sightings) - MAX_SIGHTINGS} more"
