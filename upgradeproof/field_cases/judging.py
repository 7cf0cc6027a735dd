"""Judge a trial of a case: noticed by a check that names the cause, red by chance, or missed; pure.

A case with a script for its fault is missed only if that shows: otherwise nothing is known.
The tests of whether the fault shows at all are no checks of the suite: they detect nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePath

from upgradeproof.defects.judgement import Sighting, first_line
from upgradeproof.field_cases.catalogue import SHOWS, Case
from upgradeproof.globs import fits
from upgradeproof.probes.text import clean
from upgradeproof.results import Cell, Check, Verdict

FAULT = f"{PurePath(SHOWS).stem}::"
PYTESTS_OWN = ("assert ", "+ ")
"""How the lines begin in which pytest shows the values of an assertion."""
SUMMARISED = "test_unexplained_changes::*"
NOT_SHOWN = "the fault of this case"
"""The start of their messages; a failure for another reason proves nothing of the fault."""


def failures(cell: Cell) -> Iterator[tuple[str, str]]:
    """Yield the id and the whole message of each check and each state that failed."""
    for state in cell.states:
        if state.verdict is Verdict.FAILED:
            yield f"state {state.name}", state.reason
    for check in cell.checks:
        if check.verdict is Verdict.FAILED and not check.id.startswith(FAULT):
            yield check.id, "\n".join([check.reason, *_of_the_diff(cell, check)])


def _of_the_diff(cell: Cell, check: Check) -> Iterator[str]:
    """Yield the unexplained changes behind a check that prints a summary of them."""
    if fnmatchcase(check.id, SUMMARISED):
        for state in cell.states:
            if state.name in check.states:
                yield from (c.with_detail for c in state.changes if not c.expected)


def detected_by(case: Case, cell: Cell) -> tuple[Sighting, ...]:
    """Return the checks that detected the case, each with the line of its message that matches."""
    found = []
    for id_, message in failures(cell):
        for detection in case.detected_by:
            words = [word.casefold() for word in detection.message_contains]
            if fits(id_, detection.checks) and all(word in message.casefold() for word in words):
                found.append(Sighting(id=clean(id_), error=_line_with(message, words)))
                break
    return tuple(found)


def red(cell: Cell) -> tuple[Sighting, ...]:
    """Return everything that failed, each with its first line."""
    return tuple(
        Sighting(id=clean(id_), error=first_line(message)) for id_, message in failures(cell)
    )


def not_reproduced(cell: Cell) -> str:
    """Return why the fault of a case did not show as its case specifies, or "" where it did."""
    for check in cell.checks:
        if check.id.startswith(FAULT) and NOT_SHOWN in check.reason:
            return f"{check.id.removeprefix(FAULT)}: {first_line(check.reason)}"
    return ""


def unknown(case: Case, cell: Cell) -> str:
    """Return why it is not known whether the fault of a case shows, or "" where it is.

    A case without a script for it is not asked.
    """
    if not case.fault_script:
        return ""
    asked = [check for check in cell.checks if check.id.startswith(FAULT)]
    if not asked:
        return f"{SHOWS} did not run: it is not known whether the fault shows"
    for check in asked:
        if check.verdict is not Verdict.PASSED and NOT_SHOWN not in check.reason:
            reason = first_line(check.reason) or check.verdict
            return f"{check.id.removeprefix(FAULT)}: {reason}"
    return ""


def _line_with(message: str, words: Sequence[str]) -> str:
    """Return the line that contains most of the words, without control codes."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(PYTESTS_OWN)] or lines
    best = max(lines, key=lambda line: sum(word in line.casefold() for word in words), default="")
    return clean(best)
