"""Expected changes of a plan, and its selection of known changes."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Annotated, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from upgradeproof.change_kinds import FOLLOWS, ChangeKind
from upgradeproof.plan.loading import Model

_PACKAGES = "packages/"
_WILD = re.compile(r"[*?\[]")
_CLASS = re.compile(r"\[!?+\]?+[^\]]*\]")
"""A class of characters, as fnmatch reads it."""


def checked_glob(glob: str) -> str:
    """Return a glob over the paths of the diff. Raises ValueError for one that fits none, or all.

    A path begins with the name of a section, or with a wildcard for it.
    """
    if not re.search(r"[*?\[/]", glob) or glob.startswith("/") or glob.endswith("/"):
        raise ValueError(f"{glob!r} is no glob over the diff: write it as section/key")
    if _half_a_bracket(glob):
        raise ValueError(f"{glob!r} has an unbalanced bracket: [[] matches a plain one")
    if not any(map(str.isalnum, glob)):
        raise ValueError(f"{glob!r} matches every change: name what changes")
    return glob


def _half_a_bracket(glob: str) -> bool:
    """Return whether a bracket has no other half, and is not escaped: ``[[]``, ``[]]``.

    A closing one behind an escaped opening one is plain: ``[[]a]`` fits ``[a]``.
    """
    rest = _CLASS.sub("", glob)
    return "[" in rest or ("]" in rest and "[[]" not in glob)


def whole_section(glob: str) -> bool:
    """Return whether a glob covers every key of its section."""
    section, slash, _ = glob.partition("/")
    return bool(slash) and fnmatchcase(f"{section}/\0", glob)


def _checked(globs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(checked_glob, globs))


FactsGlobs = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_checked)]
"""One or more globs over the paths of the diff."""


class KnownChange(Model):
    """A change of the facts that is expected, and why."""

    facts: FactsGlobs
    """Globs over the diff's paths, such as ``packages/nginx`` or ``users/redis/uid``."""
    kind: ChangeKind | None = None
    """What kind of change it is; None: any, but of packages named by a wildcard only what every
    upgrade of the distribution does to them."""
    reason: str = Field(min_length=8)

    @field_validator("reason", mode="before")
    @classmethod
    def _is_given(cls, reason: object) -> object:
        """Raise ValueError for an empty reason, as in the TOML that a failed check prints."""
        if isinstance(reason, str) and not reason.strip():
            raise ValueError("there is no reason: write why this change is correct")
        return reason

    @model_validator(mode="after")
    def _no_kind_of_a_whole_section(self) -> Self:
        for glob in self.facts:
            if self.kind and self.kind not in FOLLOWS and whole_section(glob):
                raise ValueError(f"{glob!r} matches a whole section: name what is {self.kind}")
        return self

    def covers(self, path: str, kind: ChangeKind | None = None) -> bool:
        """Return whether a change at a path of the diff is one of these.

        ``kind``: what kind of change it is; None where the caller does not know.
        """
        if kind and self.kind and kind != self.kind:
            return False
        return any(fnmatchcase(path, glob) and self._may(glob, path, kind) for glob in self.facts)

    def _may(self, glob: str, path: str, kind: ChangeKind | None) -> bool:
        """Return whether a glob may cover a kind of change: see the key ``kind``."""
        if not path.startswith(_PACKAGES) or kind in {None, self.kind, *FOLLOWS}:
            return True
        name = glob.removeprefix(_PACKAGES).partition("/")[0]
        return glob.startswith(_PACKAGES) and not _WILD.search(name)


class KnownSelection(Model):
    """Which known changes count, by their ids: those that the machines select, but for these."""

    include: tuple[str, ...] = ()
    """Globs over ids such as ``debian-12-to-13/*``: they count whatever the machines are."""
    exclude: tuple[str, ...] = ()
    """Globs over ids: they do not count. What is excluded stays excluded."""

    def merged(self, other: KnownSelection) -> KnownSelection:
        """Return both together."""
        return KnownSelection(
            include=tuple(dict.fromkeys((*self.include, *other.include))),
            exclude=tuple(dict.fromkeys((*self.exclude, *other.exclude))),
        )
