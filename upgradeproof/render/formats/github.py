"""Annotations for GitHub Actions: workflow commands, for a step to print.

GitHub shows ten annotations of a step. So there are ten at most, the worst first, and the tenth
reports how many more there are.
"""

from __future__ import annotations

from pathlib import Path

from upgradeproof.counting import counted
from upgradeproof.render import findings, words
from upgradeproof.render.findings import Cause
from upgradeproof.render.options import DEFAULT, Options
from upgradeproof.render.plan_lines import PlanLines
from upgradeproof.render.writing import write_text
from upgradeproof.results import Run, Verdict

FORMAT = "github"
FILE_NAME = "annotations.txt"
BY_DEFAULT = False

ANNOTATIONS = 10
MESSAGE = 2000
"""Characters of a message."""
CELLS = 5


def write(run: Run, folder: Path, *, options: Options = DEFAULT) -> Path:
    """Write ``folder/annotations.txt`` and return its path. Raises HarnessError when it can't."""
    return write_text(folder / FILE_NAME, commands(run, options))


def commands(run: Run, options: Options = DEFAULT) -> str:
    """Return the commands, one on a line; a run that is green has none."""
    causes = findings.causes(findings.records(run))
    lines = PlanLines(run, options.root)
    found = [
        _command("error", {"title": "Not a part of this run"}, f"{each.folder}: {each.reason}")
        for each in run.rejected
    ]
    found += [_of_cause(cause, lines, options) for cause in causes]
    if len(found) > ANNOTATIONS:
        more = len(found) - ANNOTATIONS + 1
        text = f"{counted(more, 'more finding')} in index.html and in the summary"
        found[ANNOTATIONS - 1 :] = [_command("error", {"title": "More findings"}, text)]
    if not found and not run.green:
        text = " ".join(words.sentences(run))
        found.append(_command("error", {"title": words.title(run)}, text))
    return "".join(found)


def _of_cause(cause: Cause, lines: PlanLines, options: Options) -> str:
    first = cause.first
    place = lines.find(first.cell, first.name)
    properties = {}
    if place is not None and not place.path.startswith("/"):
        properties["file"] = place.path
        if place.line is not None:
            properties["line"] = str(place.line)
    properties["title"] = f"{first.sentence}: {words.WORDS[first.verdict].word}"
    named = ", ".join(cell.id for cell in cause.cells[:CELLS])
    more = len(cause.cells) - CELLS
    where = f"{named} and {counted(more, 'more cell')}" if more > 0 else named
    accepted = all((cell.id, first.name) in options.suppressions for cell in cause.cells)
    level = "error" if first.verdict is not Verdict.NEVER_RAN and not accepted else "warning"
    waived = "accepted by a waiver; " if accepted else ""
    return _command(level, properties, f"{waived}{where}\n{first.reason.strip()}"[:MESSAGE])


def _command(level: str, properties: dict[str, str], message: str) -> str:
    """Return a workflow command. Text of a machine can't end it, and can't begin another one."""
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {given}::{_data(message)}\n"


def _data(text: str) -> str:
    text = "".join(" " if part in "\v\f\x1c\x1d\x1e\x85\u2028\u2029" else part for part in text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
