"""Annotations of a job on GitHub: the worst findings, as workflow commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from upgradeproof.counting import counted
from upgradeproof.render import findings, words
from upgradeproof.render.writing import write_text
from upgradeproof.results import Run

FORMAT = "annotations"
FILE_NAME = "annotations.txt"
MAX_ANNOTATIONS = 10
"""GitHub shows ten errors of a step, and drops the others without a word."""
LONGEST = 1000
"""Characters of one message."""
_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def write(run: Run, folder: Path, *, templates: Path | None = None) -> Path:  # noqa: ARG001  # no templates here
    """Write ``folder/annotations.txt`` and return its path. Raises HarnessError when it can't."""
    return write_text(folder / FILE_NAME, workflow_commands(run))


def workflow_commands(run: Run) -> str:
    """Return at most ten workflow commands; the tenth states how many more there are."""
    found = list(_findings(run))
    if len(found) > MAX_ANNOTATIONS:
        more = len(found) - MAX_ANNOTATIONS + 1
        last = f"{counted(more, 'more finding')}: the summary and index.html have them"
        found = [*found[: MAX_ANNOTATIONS - 1], ("", "upgradeproof", last)]
    return "".join(_command(*each) for each in found)


def _findings(run: Run) -> Iterator[tuple[str, str, str]]:
    """Yield the file, the title and the text of each finding, the worst first."""
    files = {plan.product: plan.path for plan in run.plans}
    for each in run.rejected:
        yield "", "a folder is no part of this run", f"{each.folder}: {each.reason}"
    for cause in findings.causes(findings.records(run)):
        first = cause.first
        word = words.WORDS[first.verdict].word
        cells = counted(len(cause.cells), "cell")
        text = f"{cause.cells[0].id} ({cells}): {first.reason.strip()}"
        yield files.get(cause.cells[0].product, ""), f"{word}: {first.says}", text


def _command(file: str, title: str, text: str) -> str:
    inside = f"title={_escaped(title, _PROPERTY)}"
    if file and not file.startswith("/"):
        inside = f"file={_escaped(file, _PROPERTY)},{inside}"
    return f"::error {inside}::{_escaped(text[:LONGEST], _MESSAGE)}\n"


def _escaped(text: str, characters: Mapping[str, str]) -> str:
    return "".join(characters.get(each, each) for each in text)
