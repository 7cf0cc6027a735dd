"""What kind of change a line of a diff is, in the words of plans, known changes and reports."""

from __future__ import annotations

from typing import Literal

ChangeKind = Literal[
    "added",
    "removed",
    "changed",
    "upgraded",
    "downgraded",
    "installed",
    "installed as a dependency",
    "replaced",
    "kept back",
    "no longer offered",
    "offered again",
    "marked auto",
    "marked manual",
]
"""``added``, ``removed`` and ``changed`` are of every section; the others are of packages."""

FOLLOWS: frozenset[ChangeKind] = frozenset({"upgraded", "installed as a dependency", "replaced"})
"""What an upgrade of the distribution does to packages: no other kind is covered by a wildcard."""
