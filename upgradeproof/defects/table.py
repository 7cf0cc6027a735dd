"""The table of a detection: defect x platform, what caught it, its messages, its time.

It contains output of machines: rich gets it as plain text, and ``clean`` removed control codes.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from upgradeproof.counting import counted
from upgradeproof.defects.detection import Detection, GoodCell, Tried
from upgradeproof.defects.judgement import Sighting
from upgradeproof.render.words import duration

WIDTH = 140
COLUMNS = (34, 11, 12, None)
"""Widths of platform, word, time, and of what caught it, which takes the rest."""
LONGEST_ERROR = 160
"""Letters of an error in the table; the record has its whole line."""
PROBLEM_LINES = 12
"""Lines of a broken trial's last output that are printed below its own."""
WORDS = {
    "caught": "caught",
    "not_caught": "NOT caught",
    "good": "good",
    "false_alarm": "FALSE ALARM",
    "broken": "broken",
    "not_run": "not run",
}


def line(each: Tried | GoodCell) -> str:
    """Return the line that is printed when a result arrives; a broken one has its last output."""
    what = f"{each.defect} in {each.cell}" if isinstance(each, Tried) else each.cell
    calm = ": no false alarm" if each.verdict == "good" else ""
    result = f"{WORDS[each.verdict]}: {what}{calm} ({duration(each.duration_s)})"
    tail = each.problem.splitlines()[-PROBLEM_LINES:]
    return "\n".join((result, *(f"    {words}" for words in tail)))


def table(found: Detection) -> str:
    """Return the table: below each defect a line for its platforms, below all the good cells."""
    text = io.StringIO()
    console = Console(width=WIDTH, file=text)
    for (_, name, title), trials in groupby(found.trials, lambda t: (t.product, t.defect, t.title)):
        _print(console, f"{name}: {title}", ((t.platform, t, _trial(t)) for t in trials))
    good = ((cell.platform, cell, _good_cell(cell)) for cell in found.good_cells)
    _print(console, "good cells, without a defect", good)
    return "\n".join(drawn.rstrip() for drawn in text.getvalue().splitlines()).rstrip() + "\n"


def numbers(found: Detection) -> str:
    """Return what was left out, if anything, and last the two numbers of the summary."""
    total = found.totals
    lines = []
    if found.left_out:
        lines.append(
            f"not tried here: {counted(len(found.left_out), 'defect')}, which no chosen cell shows"
        )
    if total.not_run:
        lines.append(f"interrupted: {counted(total.not_run, 'run')} of all did not come to an end")
    if total.broken:
        lines.append(f"broken: of {counted(total.broken, 'run')} nothing is known")
    where = f"{counted(total.defects, 'defect')} on {counted(total.platforms, 'platform')}"
    lines += [
        f"caught {total.caught} of {total.trials} ({where})",
        f"false alarms: {total.false_alarms} in {counted(total.good_cells, 'good cell')}",
    ]
    return "\n".join(lines) + "\n"


def _print(
    console: Console, heading: str, rows: Iterable[tuple[str, Tried | GoodCell, Iterable[str]]]
) -> None:
    drawn = Table.grid(padding=(0, 2, 0, 0))
    for width in COLUMNS:
        drawn.add_column(width=width, overflow="fold")
    for platform, each, lines in rows:
        words = (f"  {platform}", WORDS[each.verdict], duration(each.duration_s), "\n".join(lines))
        drawn.add_row(*map(Text, words))
    console.print(Text(heading))
    console.print(drawn)
    console.print()


def _trial(each: Tried) -> Iterator[str]:
    yield from _sightings("", each.detected_by)
    yield from (f"MISSED BY {glob}" for glob in each.missed)
    yield from _sightings("UNRELATED ", each.unrelated)
    yield from each.problem.splitlines()[:1]


def _good_cell(each: GoodCell) -> Iterator[str]:
    yield f"{each.cell.removeprefix(f'{each.platform}.')}: {counted(each.checks, 'check')}"
    yield from _sightings("", each.false_alarms)
    yield from each.problem.splitlines()[:1]


def _sightings(word: str, sightings: Iterable[Sighting]) -> Iterator[str]:
    for each in sightings:
        yield f"{word}{each.id}"
        if each.error:
            yield f"  {textwrap.shorten(each.error, LONGEST_ERROR, placeholder='...')}"
