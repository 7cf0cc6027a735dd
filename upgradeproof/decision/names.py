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


def left_by_a_decision(folder: Path) -> list[Path]:
    """Return what an earlier decision left in a folder; a new run removes it."""
    names = (DECISION, INPUTS, PAGE, PDF, SUMS, EVIDENCE)
    found = [folder / name for name in names if (folder / name).exists()]
    return [*found, *folder.glob(f"{SUMS}*.sig")]
