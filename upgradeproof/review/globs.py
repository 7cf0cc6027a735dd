"""The narrowest globs that match some paths of a diff, and no other path."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase, translate
from typing import Any

from upgradeproof.plan.loading import common_prefix
from upgradeproof.results import Change

_SPECIAL = re.compile(r"([*?\[])")
_SPECIAL_OR_CLOSING = re.compile(r"([*?\[\]])")
_SEPARATOR = re.compile(r"[/:@. _-]")
"""Where a glob may be cut: `*` replaces whole words of a path, never a part of one."""


def record_of(change: Change) -> str:
    """Return the record that a change is about: ``section/key``."""
    added_or_removed = change.before is None or change.after is None
    return change.path if added_or_removed else change.path.rpartition("/")[0]


def pair_of(change: Change) -> tuple[str, str]:
    """Return a change's path and record; what is explained is not the group's own."""
    return change.path, "" if change.expected else record_of(change)


class Paths:
    """All paths that a diff of some states may hold, each with its record."""

    def __init__(self, paths: Iterable[tuple[str, str]]) -> None:
        """Take pairs of a path and the record that it belongs to."""
        self.pairs = sorted(set(paths))

    @classmethod
    def of(
        cls,
        sections: Mapping[str, Mapping[str, Iterable[str]]],
        changes: Iterable[Change] = (),
    ) -> Paths:
        """Return the paths of facts, as names of fields by section and key, and of changes."""
        return cls([*_of_facts(sections), *map(pair_of, changes)])

    def strangers(self, glob: str, own: Collection[str]) -> Iterator[str]:
        """Yield the paths that a glob fits and that belong to none of the records ``own``."""
        literal = glob[: found.start()] if (found := _SPECIAL.search(glob)) else glob
        fits = re.compile(translate(glob)).match
        for path, record in self.pairs[bisect_left(self.pairs, (literal, "")) :]:
            if not path.startswith(literal):
                return
            if record not in own and fits(path):
                yield path


def _of_facts(sections: Mapping[str, Mapping[str, Iterable[str]]]) -> Iterator[tuple[str, str]]:
    for section, records in sections.items():
        for key, fields in records.items():
            record = f"{section}/{key}"
            yield record, record
            yield from ((f"{record}/{field}", record) for field in fields)


def fields_of(plain: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Iterable[str]]]:
    """Return the names of fields in facts that were read from JSON."""
    return {
        section: {key: list(value) for key, value in records.items()}
        for section, records in plain.items()
    }


def escaped(path: str) -> str:
    """Return the glob that fits a path and no other.

    A closing bracket alone is escaped, too: a plan takes it for a mistake.
    """
    special = _SPECIAL if "[" in path else _SPECIAL_OR_CLOSING
    return special.sub(r"[\1]", path)


def covers_section(glob: str) -> bool:
    """Return whether a glob covers all of a section, or of several."""
    section = glob.partition("/")[0]
    return not section or bool(_SPECIAL.search(section)) or fnmatchcase(f"{section}/\0", glob)


def covering(
    paths: Sequence[str], strangers: Paths, own: Collection[str] = frozenset()
) -> tuple[str, ...]:
    """Return as few globs as match the paths and no other; a single path matches itself.

    Paths of the records ``own`` may match, too.
    """
    paths = sorted(set(paths))
    if len(paths) == 1:
        return (escaped(paths[0]),)
    glob = _common(paths)
    if not covers_section(glob) and next(strangers.strangers(glob, own), None) is None:
        return (glob,)
    parts = _parted(paths)
    if len(parts) == 1:
        return tuple(escaped(path) for path in paths)
    return tuple(found for part in parts for found in covering(part, strangers, own))


def _common(paths: Sequence[str]) -> str:
    """Return the glob of what all paths begin and end with, in whole words."""
    prefix = _whole_words(common_prefix(paths))
    rest = [path[len(prefix) :][::-1] for path in paths]
    suffix = _whole_words(common_prefix(rest))[::-1]
    return f"{escaped(prefix)}*{escaped(suffix)}"


def _whole_words(text: str) -> str:
    """Return a text up to its last separator."""
    ends = [found.end() for found in _SEPARATOR.finditer(text)]
    return text[: ends[-1]] if ends else ""


def _parted(paths: Sequence[str]) -> list[list[str]]:
    """Return the paths by the first word in which they differ."""
    start = len(_whole_words(common_prefix(paths)))
    parts: dict[str, list[str]] = {}
    for path in paths:
        end = _SEPARATOR.search(path, start)
        parts.setdefault(path[start : end.end()] if end else path[start:], []).append(path)
    return list(parts.values())
