"""Known changes: what a distribution, a kernel or a daemon changes in every upgrade, as data.

One TOML file of this folder holds the changes of one step, such as Debian 12 to 13. A file is
selected by what the machines report that they are, never by a plan's names of its releases. Each
entry is narrow and has a reason and a source: it must not hide what an administrator has to see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from pydantic import Field

from upgradeproof.plan.loading import Model, load

FOLDER = Path(__file__).parent


class Step(Model):
    """The change of the operating system that a file is about."""

    id: str
    """As in os-release(5): ``debian``."""
    from_: str = Field(alias="from")
    to: str


class KnownEntry(Model):
    """One change that every upgrade of this kind brings."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    facts: tuple[str, ...] = Field(min_length=1)
    """Globs over the paths of the diff; each names a key, never a whole section."""
    reason: str = Field(min_length=8)
    source: str = Field(min_length=4)
    """Where this is documented: release notes, a changelog, or "observed" with the package."""


class KnownFile(Model):
    """The known changes of one step."""

    applies: Step
    change: tuple[KnownEntry, ...]


class KnownChanges:
    """The entries that apply to one upgrade."""

    def __init__(self, entries: Sequence[KnownEntry]) -> None:
        self._entries = tuple(entries)

    def reason_for(self, path: str) -> str | None:
        """Return why a change at this path of the diff is known, or None: it is not."""
        return next(
            (
                entry.reason
                for entry in self._entries
                if any(fnmatchcase(path, glob) for glob in entry.facts)
            ),
            None,
        )


@cache
def known_files(folder: Path = FOLDER) -> Mapping[str, KnownFile]:
    """Return every file of known changes by its name. Raises PlanError for one that is wrong."""
    return {path.stem: load(path, KnownFile) for path in sorted(folder.glob("*.toml"))}


def select(system: str, before: str, after: str) -> KnownChanges:
    """Return the known changes of an upgrade of an operating system between two versions.

    ``system`` is the id of os-release(5), the versions are its VERSION_ID. An upgrade over several
    versions has the changes of every step. Without a change of the version there are none.
    """
    if _numbers(before) >= _numbers(after):
        return KnownChanges(())
    entries = [
        entry
        for file in known_files().values()
        if file.applies.id == system
        and _numbers(before) <= _numbers(file.applies.from_)
        and _numbers(file.applies.to) <= _numbers(after)
        for entry in file.change
    ]
    return KnownChanges(entries)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
