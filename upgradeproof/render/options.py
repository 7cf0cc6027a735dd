"""What a report depends on in addition to its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from upgradeproof.results import Run


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """A failed check that an owner accepts until a date: a waiver, as a report shows it."""

    id: str
    reason: str
    owner: str
    ticket: str
    expires: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.owner}, {self.ticket}, until {self.expires})"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Hold what only some formats use; each has a default."""

    templates: Path | None = None
    """A folder whose files replace our templates of the same name."""
    root: Path | None = None
    """The folder to which the paths of plans are relative; None: plans are not read."""
    suppressions: Mapping[tuple[str, str], Suppression] = field(default_factory=dict)
    """The failed checks that waivers cover, by the ids of cell and check."""
    baseline: Run | None = None
    """An earlier run that the report refers to."""
    shard: str = ""
    """The name of the part of a run that the report is about; empty: all of it."""


DEFAULT = Options()
