"""The keys of TOML and JSON files that have another name now; ``renamed_keys.toml`` lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ANYWHERE = "*"
"""The first part of a path that is valid below any table."""
JSON = "json"


@dataclass(frozen=True, kw_only=True)
class Rename:
    """One key of a file that has its old name."""

    location: tuple[int | str, ...]
    """Keys and indexes, by their new names; the last part is the key itself."""
    old: str
    twice: bool
    """Whether the table has the new name, too."""

    @property
    def new(self) -> str:
        """Return the new name."""
        return str(self.location[-1])

    def __str__(self) -> str:
        *parents, _ = self.location
        return ".".join(str(part) for part in (*parents, self.old))


def renamed(data: Mapping[str, Any], kind: str) -> tuple[dict[str, Any], tuple[Rename, ...]]:
    """Return the content of a TOML file by the new names, and the keys that had old ones.

    Of a key that a table has by both names, the one with the new name is returned.
    """
    found: list[Rename] = []
    return _renamed(data, _table().get(kind, {}), (), found), tuple(found)


def new_name(kind: str, names: Sequence[str]) -> str | None:
    """Return the new name of a key, by the names on its path; None: it was not renamed."""
    return _new_name(_table().get(kind, {}), names)


def fields(model: str) -> Mapping[str, str]:
    """Return the new name of each renamed field of a JSON model, by the old name."""
    found: Mapping[str, str] = _table()[JSON].get(model, {})
    return found


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    path = Path(__file__).with_suffix(".toml")
    return {JSON: {}, **tomllib.loads(path.read_text(encoding="utf-8"))}


def _new_name(paths: Mapping[str, str], names: Sequence[str]) -> str | None:
    for path, new in paths.items():
        parts = path.split(".")
        if parts[0] == ANYWHERE:
            del parts[0]
            if list(names[-len(parts) :]) == parts:
                return new
        elif list(names) == parts:
            return new
    return None


def _renamed(
    data: Any, paths: Mapping[str, str], at: tuple[int | str, ...], found: list[Rename]
) -> Any:
    if isinstance(data, list):
        return [_renamed(each, paths, (*at, number), found) for number, each in enumerate(data)]
    if not isinstance(data, Mapping):
        return data
    above = [part for part in at if isinstance(part, str)]
    result: dict[str, Any] = {}
    for key, value in data.items():
        new = _new_name(paths, (*above, key)) or key
        if new != key:
            found.append(Rename(location=(*at, new), old=key, twice=new in data))
            if new in data:
                continue
        result[new] = _renamed(value, paths, (*at, new), found)
    return result
