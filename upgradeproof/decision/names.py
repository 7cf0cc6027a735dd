"""The files of a decision in a run's folder."""

from __future__ import annotations

from pathlib import Path

DECISION = "decision.json"
INPUTS = "decision"
"""The folder, next to run.json, that holds copies of what the decision depends on."""
PAGE = "sign-off.html"
PDF = "sign-off.pdf"
SUMS = "SHA256SUMS"
EVIDENCE = "evidence.intoto.jsonl"
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


def left_by_a_decision(folder: Path) -> list[Path]:
    """Return what an earlier decision left in a folder; a new run removes it."""
    names = (DECISION, INPUTS, PAGE, PDF, SUMS, EVIDENCE, SCAN, SCAN_SARIF)
    found = [folder / name for name in names if (folder / name).exists()]
    return [*found, *folder.glob(f"{SUMS}*.sig")]
