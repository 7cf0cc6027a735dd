"""What the preflights of a run found; the same on several cells is listed once."""

from __future__ import annotations

from dataclasses import dataclass

from upgradeproof.render.transcripts import plain
from upgradeproof.results import Cell, Finding, Run
from upgradeproof.severity import Severity

ORDER = tuple(Severity)


@dataclass(frozen=True, kw_only=True)
class Found:
    """One finding, and the cells whose machines have it."""

    finding: Finding
    cells: tuple[Cell, ...]


def gather(run: Run) -> tuple[Found, ...]:
    """Return the findings of all selected cells: the most severe first, then the most frequent."""
    alike: dict[Finding, dict[str, Cell]] = {}
    for cell in run.cells:
        for state in cell.states:
            for finding in state.findings if cell.selected else ():
                alike.setdefault(finding, {})[cell.id] = cell
    found = [Found(finding=readable(f), cells=tuple(cells.values())) for f, cells in alike.items()]
    return tuple(sorted(found, key=lambda f: (ORDER.index(f.finding.severity), -len(f.cells))))


def readable(finding: Finding) -> Finding:
    """Return a finding without control characters: its text may come from a machine."""
    texts = ("id", "title", "meaning", "remedy", "code", "accepted")
    return finding.model_copy(update={name: plain(getattr(finding, name)) for name in texts})
