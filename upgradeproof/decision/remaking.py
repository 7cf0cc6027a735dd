"""Make run.json, the decision and its page again, and compare them with the files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from upgradeproof import __version__
from upgradeproof.decision.deciding import decide
from upgradeproof.decision.files import digest, folded
from upgradeproof.decision.folder import ask, read_decision, recorded
from upgradeproof.decision.names import DECISION, PAGE, SCAN
from upgradeproof.decision.page import page, version_of
from upgradeproof.results.reading import parse_run, read, unambiguous


@dataclass(frozen=True, kw_only=True)
class Remade:
    """What differs."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What this version of upgradeproof can't make again."""


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
    if not (folder / PAGE).is_file():
        return Remade(problems=(*problems, f"{PAGE} is missing"))
    found = read(folder / PAGE)
    text = found.decode("utf-8", "replace")
    if version_of(text) not in ("", __version__):
        note = f"{PAGE} was made by upgradeproof {version_of(text)}, and is not made again here"
        return Remade(problems=tuple(problems), notes=(note,))
    if found != page(question, answer).encode():
        problems.append(f"{PAGE} is not the page of this decision")
    return Remade(problems=tuple(problems))
