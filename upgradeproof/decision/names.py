"""The files of a decision in a run's folder."""

from __future__ import annotations

from itertools import count
from pathlib import Path

DECISION = "decision.json"
INPUTS = "decision"
"""The folder, next to run.json, that holds copies of what the decision depends on."""
PAGE = "sign-off.html"
PDF = "sign-off.pdf"
SUMS = "SHA256SUMS"
EVIDENCE = "evidence.intoto.jsonl"
LOCK = ".lock"
"""What a running session holds in its reports' folder; it is not signed."""
SCAN, SCAN_SARIF = "scan.json", "scan.sarif"
"""What `upgradeproof scan` writes; it is signed with the decision."""


def visible(text: str) -> str:
    """Return text with every character escaped that a terminal would not show as itself.

    What is printed about a folder contains names and texts of its author: control characters would
    move the cursor, and others reorder a line or have no width.
    """
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape", "surrogatepass").decode()
        for each in text
    )


def keep_signed(folder: Path) -> Path | None:
    """Move a signed run out of a folder, to one next to it; return that one. Raises OSError.

    All of it moves but the hidden lock: each file that is missing would break the signature.
    """
    if not any(folder.glob(f"{SUMS}*.sig")):
        return None
    numbers = (f".{number}" if number > 1 else "" for number in count(1))
    target = next(
        path
        for path in (folder.with_name(f"{folder.name}.signed{number}") for number in numbers)
        if not path.exists()
    )
    target.mkdir()
    for each in sorted(folder.iterdir()):
        if each.name != LOCK:
            each.rename(target / each.name)
    return target


def left_by_a_decision(folder: Path) -> list[Path]:
    """Return what an earlier decision left in a folder; a new run removes it."""
    names = (DECISION, INPUTS, PAGE, PDF, SUMS, EVIDENCE, SCAN, SCAN_SARIF)
    found = [folder / name for name in names if (folder / name).exists()]
    return [*found, *folder.glob(f"{SUMS}*.sig")]
