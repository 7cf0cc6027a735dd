"""Make run.json, the decision and its page again, and compare them with the files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from upgradeproof import __version__
from upgradeproof.decision.deciding import Answer, Question, decide
from upgradeproof.decision.files import digest, folded
from upgradeproof.decision.folder import ask, read_decision, recorded
from upgradeproof.decision.names import DECISION, PAGE, SCAN, visible
from upgradeproof.decision.page import page, version_of
from upgradeproof.render.formats import html
from upgradeproof.render.templating import origin, origin_of
from upgradeproof.results import Run
from upgradeproof.results.reading import parse_run, read, unambiguous

VERSION = re.compile(r"upgradeproof [^,]+")
"""What states that our own templates made a page."""


@dataclass(frozen=True, kw_only=True)
class Remade:
    """What differs."""

    problems: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()
    """What another version of upgradeproof made; it is made again before a signature."""
    notes: tuple[str, ...] = ()
    """What can't be made again from the folder."""


def remade(folder: Path) -> Remade:
    """Compare a folder with what its journals, policy and waivers lead to.

    Raises HarnessError or PlanError where they lead to nothing, such as for a torn journal.
    """
    decision = read_decision(folder / DECISION)
    content = read(folder / "run.json")
    run = parse_run(content, folder / "run.json")
    question = ask(recorded(folder), datetime.fromisoformat(decision.decided_at))
    answer = decide(question)
    problems = []
    if folded(folder) != run:
        problems.append("run.json is not what its journals fold into")
    try:
        unambiguous(content)
    except ValueError as error:
        problems.append(f"run.json can be read in two ways: {error}")
    same = (folder / DECISION).read_bytes() == answer.decision.as_json().encode()
    if not same:
        problems.append("decision.json is not what run.json, policy and waivers lead to")
    scan = folder / SCAN
    if scan.is_file() and digest(scan.read_bytes()) != decision.inputs.scan:
        problems.append(f"{SCAN} is not the scan that the decision was made from")
    signed_off, matrix = _page_of_the_decision(folder, question, answer), _matrix(folder, run)
    return Remade(
        problems=(*problems, *signed_off.problems, *matrix.problems),
        outdated=(*signed_off.outdated, *matrix.outdated),
        notes=matrix.notes,
    )


def _page_of_the_decision(folder: Path, question: Question, answer: Answer) -> Remade:
    if not (folder / PAGE).is_file():
        return Remade(problems=(f"{PAGE} is missing",))
    found = read(folder / PAGE)
    text = found.decode("utf-8", "replace")
    if version_of(text) not in ("", __version__):
        note = f"{PAGE} was made by upgradeproof {version_of(text)}, and is not made again here"
        return Remade(outdated=(note,))
    if found != page(question, answer).encode():
        return Remade(problems=(f"{PAGE} is not the page of this decision",))
    return Remade()


def _matrix(folder: Path, run: Run) -> Remade:
    """Compare the matrix with that of the run; a page that can't be made again is a note."""
    path = folder / html.FILE_NAME
    if not path.is_file():
        return Remade()
    found = read(path)
    made_by = origin_of(found.decode("utf-8", "replace"))
    if made_by != origin(None):
        by = visible(made_by) or "an unknown program"
        note = f"{path.name} was made by {by}, and is not made again here"
        ours = VERSION.fullmatch(made_by)
        return Remade(outdated=(note,)) if ours else Remade(notes=(note,))
    again = html.in_one_file(run, folder)
    if again is None:
        return Remade(notes=(f"{path.name} is that of a large run, and is not made again here",))
    if found != again.encode("utf-8", "replace"):
        return Remade(problems=(f"{path.name} is not the matrix of run.json",))
    return Remade()
