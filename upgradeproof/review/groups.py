"""Unexplained changes by section and by what they are about: the package, where one is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.plan.names import UNIT_TYPES
from upgradeproof.results import Change
from upgradeproof.review.globs import Paths, covering, record_of

PACKAGES = "packages"
_WORD = re.compile(r"^[^:\s]+")
_LISTENER = re.compile(r"^(tcp|udp)/.*:(\d+)$")
"""The key of a listening socket, whose address may hold colons and brackets itself."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Unexplained changes that have one cause, as far as the facts show."""

    section: str
    subject: str
    """The package; where none is known: a folder, a unit's name, or the record's own key."""
    kind: ChangeKind | None = None
    """Of packages: what happened to this one; else empty."""
    changes: tuple[Change, ...]
    globs: tuple[str, ...]
    """The narrowest globs that cover the changes, and no path of another record."""

    @property
    def title(self) -> str:
        """Return ``conffiles of cron``, with the kind of the change where it is a package's."""
        return f"{self.section} of {self.subject}" + (f", {self.kind}" if self.kind else "")


def group(changes: Iterable[Change], paths: Paths) -> tuple[Group, ...]:
    """Return the unexplained of the changes in groups, in the order of the changes.

    ``paths`` are all paths of the facts: no glob of a group covers one that is not of the group.
    """
    found: dict[tuple[str, str, ChangeKind | None], list[Change]] = {}
    for change in changes:
        if not change.expected:
            section = change.path.partition("/")[0]
            kind = change.kind if section == PACKAGES else None
            found.setdefault((section, subject(change), kind), []).append(change)
    return tuple(_group(*key, members, paths) for key, members in found.items())


def _group(
    section: str, name: str, kind: ChangeKind | None, members: Sequence[Change], paths: Paths
) -> Group:
    own = {record_of(change) for change in members}
    globs = covering([change.path for change in members], paths, own)
    return Group(section=section, subject=name, kind=kind, changes=tuple(members), globs=globs)


def subject(change: Change) -> str:
    """Return what a change is about: its package, else its folder, port, unit or key."""
    if change.package:
        return change.package
    key = record_of(change).partition("/")[2]
    if key.startswith("/"):
        return key.rpartition("/")[0] or key
    if listener := _LISTENER.match(key):
        return f"{listener[1]} port {listener[2]}"
    word = _WORD.match(key)
    return _stem(word[0]) if word else key


def _stem(name: str) -> str:
    """Return the name of a unit without its type and instance: a timer belongs to its service."""
    stem, _, kind = name.rpartition("/")[2].rpartition(".")
    return stem.partition("@")[0] or name if kind in UNIT_TYPES and stem else name
