"""Known changes that are similar to an unexplained one: a hint for its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from upgradeproof.globs import fits
from upgradeproof.known import KnownEntry, KnownFiles
from upgradeproof.review.groups import Group

MIN_LIKENESS = 0.8
"""Of a path and a glob of one section, as difflib measures it: below, they only share words."""


@dataclass(frozen=True, kw_only=True)
class Resembling:
    """A known change of some upgrade, and how near it is."""

    file: str
    entry: KnownEntry
    covers: bool
    """Whether it covers the change, and is only not known for this upgrade."""

    def __str__(self) -> str:
        how = "is known for" if self.covers else "looks like a change that is known for"
        return f"{how} {self.file} ({self.entry.id}): {self.entry.reason} [{self.entry.source}]"


def resembling(group: Group, files: KnownFiles) -> Resembling | None:
    """Return the known change that is nearest to a group, or None.

    One that covers a path of the group comes first, for whichever upgrade it is known.
    """
    entries = [
        (name, entry) for name, each in files.items() for file in each for entry in file.change
    ]
    paths = [change.path for change in group.changes]
    for name, entry in entries:
        if any(fits(path, entry.facts) for path in paths):
            return Resembling(file=name, entry=entry, covers=True)
    best = max(
        (
            (_likeness(paths, entry.facts, group.section), at)
            for at, (_, entry) in enumerate(entries)
        ),
        default=(0.0, 0),
    )
    if best[0] < MIN_LIKENESS:
        return None
    name, entry = entries[best[1]]
    return Resembling(file=name, entry=entry, covers=False)


def _likeness(paths: Iterable[str], globs: Iterable[str], section: str) -> float:
    """Return how much the nearest path and glob have in common, 0 to 1."""
    start = f"{section}/"
    keys = [path.removeprefix(start) for path in paths]
    known = [glob.removeprefix(start) for glob in globs if glob.startswith(start)]
    return max((_ratio(key, glob) for key in keys for glob in known), default=0.0)


def _ratio(key: str, glob: str) -> float:
    matcher = SequenceMatcher(None, key, glob, autojunk=False)
    quick = matcher.real_quick_ratio() >= MIN_LIKENESS and matcher.quick_ratio() >= MIN_LIKENESS
    return matcher.ratio() if quick else 0.0
