"""Where the plan asks for a check: the line of its file."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from upgradeproof.plan.positions import find_line, header_lines
from upgradeproof.render import words
from upgradeproof.results import Cell, Check, Run
from upgradeproof.results.declared import PlanFile


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in a plan; ``line`` is None where the file is not there, or changed since the run."""

    path: str
    line: int | None


class PlanLines:
    """Find lines in the plans of a run; each file is read once."""

    def __init__(self, run: Run, root: Path | None) -> None:
        self._files = {plan.product: plan for plan in run.plans}
        self._texts = {plan.product: _read(plan, root) for plan in run.plans}
        self._known: dict[tuple[str, str, str], int] = {}

    def find(self, cell: Cell, check: str) -> Place | None:
        """Return the line that asks for a check of a cell; None where the run names no plan.

        It is the first line with the subject of the check, below ``expect`` if there is one. A
        check without a subject, or one that no line names, is asked for by its upgrade.
        """
        file = self._files.get(cell.product)
        if file is None:
            return None
        text = self._texts[cell.product]
        if text is None:
            return Place(path=file.path, line=None)
        *_, subject = words.sentence(Check(id=check))
        key = (cell.product, cell.upgrade, subject)
        if key not in self._known:
            self._known[key] = _subject_line(text, subject) or _upgrade_line(text, cell)
        return Place(path=file.path, line=self._known[key])


def _read(plan: PlanFile, root: Path | None) -> str | None:
    """Return a plan's text; None: it is outside the folder, not there, or not what the run read."""
    pure = PurePosixPath(plan.path)
    if root is None or pure.is_absolute() or ".." in pure.parts:
        return None
    try:
        content = (root / pure).read_bytes()
        same = hashlib.sha256(content).hexdigest() == plan.sha256
        return content.decode("utf-8") if same else None
    except (OSError, UnicodeDecodeError):
        return None


def _subject_line(text: str, subject: str) -> int | None:
    if not subject:
        return None
    number = re.fullmatch(r".*-(\d+)", subject)
    for name in (subject, *(number.groups() if number else ())):
        found = _lines_with(text, name)
        expected = [line for line, table in found if "expect" in table.split(".")]
        if found:
            return expected[0] if expected else found[0][0]
    return None


def _lines_with(text: str, name: str) -> list[tuple[int, str]]:
    """Return the lines (from 1) with a string, key or number, each with the name of its table."""
    whole = re.compile(rf"(?<![\w./-]){re.escape(name)}(?![\w/-]|\.\w)")
    headers = header_lines(text)
    found = []
    for at, line in enumerate(text.split("\n")):
        if whole.search(line.partition("#")[0]):
            table = next((table for start, table in reversed(headers) if start <= at), "")
            found.append((at + 1, table))
    return found


def _upgrade_line(text: str, cell: Cell) -> int:
    """Return the line of the cell's upgrade, or the first of the file."""
    wanted = cell.upgrade.removeprefix(f"{cell.product}-")
    try:
        upgrades = tomllib.loads(text).get("upgrade", [])
    except tomllib.TOMLDecodeError:
        return 1
    for at, upgrade in enumerate(upgrades if isinstance(upgrades, list) else ()):
        path = [upgrade.get("from"), *upgrade.get("via", ()), upgrade.get("to")]
        if "-to-".join(map(str, path)) == wanted:
            return find_line(text, ("upgrade", at))
    return 1
