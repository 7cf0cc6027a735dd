"""The sweep as a table: step x fault, and how and in what time each was recovered."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from upgradeproof.interruptions.sweep import Outcome
from upgradeproof.results import Verdict


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the table, with how many were recovered below it."""
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for name in ("fault", "step of dpkg", "recovered by", "to", "time"):
        drawn.add_column(name, overflow="fold")
    for each in outcomes:
        passed = each.verdict is Verdict.PASSED
        how = each.recovered_by[-1] if passed else f"{_word(each)}: {each.details}"
        drawn.add_row(
            each.fault, Text(each.step), Text(how), each.state, f"{each.duration_s:.1f} s"
        )
    text = io.StringIO()
    Console(width=140, file=text).print(drawn)
    good = sum(each.verdict is Verdict.PASSED for each in outcomes)
    return f"{text.getvalue()}\n{good} of {len(outcomes)} interruptions recovered\n"


def _word(outcome: Outcome) -> str:
    return "NOT recovered" if outcome.verdict is Verdict.FAILED else str(outcome.verdict)
