"""What the pages show of a run as a whole: the values of their templates."""

from __future__ import annotations

from typing import Any

from upgradeproof.render import findings, grid, preflight, support, words
from upgradeproof.results import Run

RECORDS = 200
"""Cells that the record for paper has in full."""


def values(run: Run, faces: tuple[grid.Face, ...]) -> dict[str, Any]:
    """Return the values that the page with scripts and the page without share."""
    selected = [face for face in faces if face.cell.selected]
    records = findings.of_cells((face.cell, face.verdict) for face in selected)
    verdict = run.verdict_of(face.verdict for face in selected)
    counts = words.count(face.verdict for face in selected)
    return {
        "run": run,
        "run_verdict": verdict,
        "title": words.title(run, verdict),
        "sentences": words.sentences(run, verdict, counts),
        "elapsed": words.elapsed(run),
        "cell_counts": counts,
        "check_counts": {
            verdict: sum(face.counts[verdict] for face in selected) for verdict in words.WORDS
        },
        "cell_shares": grid.shares(counts),
        "reused_states": sum(state.reused for cell in run.cells for state in cell.states),
        "states": sum(len(cell.states) for cell in run.cells),
        "cached_states": words.cached_states(run.cached_states) if run.cached_states else "",
        "tags": sorted({tag for cell in run.cells for tag in cell.tags}, key=grid.natural),
        "products": grid.arrange(faces),
        "overview": grid.overview(faces),
        "records": records[:RECORDS],
        "more_records": max(0, len(records) - RECORDS),
        "causes": findings.causes(records),
        "preflight": preflight.gather(run),
        "support": support.trees(run),
    }
