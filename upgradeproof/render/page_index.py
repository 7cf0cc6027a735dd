"""What the page's script knows of all cells before it opens one: enough to filter them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from upgradeproof.render import words
from upgradeproof.render.findings import UNPROVEN
from upgradeproof.render.grid import Face
from upgradeproof.render.transcripts import plain
from upgradeproof.results import Check, Verdict

LETTERS = {
    Verdict.FAILED: "f",
    Verdict.BROKEN: "b",
    Verdict.NEVER_RAN: "w",
    Verdict.PASSED: "p",
    Verdict.NOT_APPLICABLE: "n",
}
"""A verdict in the index; templates/filter.js reads them."""
REASON = 1500
REASONS = 500_000
"""Characters of one reason and of all reasons that a search reads."""


class Numbers:
    """Give each value a number, in the order in which they come."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}

    def of(self, value: Any) -> int:
        """Return the number of a value."""
        return self.known.setdefault(value, len(self.known))


def index(faces: Iterable[Face]) -> dict[str, Any]:
    """Return the index; its keys are read by templates/filter.js.

    Cells share what they have in common: most cells of a product have the same checks. A cell is
    ``[product, platform, tags, list of checks, verdicts, reasons, verdict]``; verdicts that are all
    the same are one letter.
    """
    names, lists, reasons, tags, products, platforms = (Numbers() for _ in range(6))
    limit = _Limit(REASONS)
    cells = []
    for face in faces:
        cell = face.cell
        cells.append(
            (
                products.of(cell.product),
                platforms.of(cell.platform),
                tags.of(cell.tags),
                lists.of(tuple([check.id for check in cell.checks])),
                letters(cell.checks),
                [reasons.of(text) for text in limit.take(_reasons(face))],
                LETTERS[face.verdict] if cell.selected else "",
            )
        )
    numbered = [[names.of(check) for check in checks] for checks in lists.known]
    return {
        "products": list(products.known),
        "platforms": list(platforms.known),
        "tags": list(tags.known),
        "names": [(name, *words.sentence(Check(id=name))[1:]) for name in names.known],
        "lists": numbered,
        "reasons": list(reasons.known),
        "cells": cells,
    }


def letters(checks: Sequence[Check]) -> str:
    """Return the verdicts of checks, a letter each; one letter where all are the same."""
    found = "".join([LETTERS[check.verdict] for check in checks])
    return found[:1] if found and found == found[0] * len(found) else found


def _reasons(face: Face) -> dict[str, None]:
    """Return the texts of what did not hold."""
    cell = face.cell
    found = [cell.reason, *(state.reason for state in cell.states)]
    if face.verdict not in (Verdict.PASSED, Verdict.NOT_APPLICABLE):
        found += [check.reason for check in cell.checks if check.verdict in UNPROVEN]
    return dict.fromkeys(reason for reason in found if reason)


class _Limit:
    """Count the characters of different reasons, so that the index has a maximum size."""

    def __init__(self, characters: int) -> None:
        self._left = characters
        self._known: set[str] = set()

    def take(self, reasons: Iterable[str]) -> list[str]:
        """Return the beginnings of the reasons, of those that fit."""
        found = []
        for reason in reasons:
            text = plain(reason[:REASON]).lower()
            if text not in self._known:
                if len(text) > self._left:
                    continue
                self._known.add(text)
                self._left -= len(text)
            found.append(text)
        return found
