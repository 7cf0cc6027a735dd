"""Accept the old names of keys for one release: each is a warning that names the new one."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upgradeproof.errors import PlanError
from upgradeproof.plan.positions import find_line
from upgradeproof.renamed_keys import Rename, renamed


class RenamedKeyWarning(FutureWarning):
    """A file has the old name of a key, which the next release does not accept."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """What a file calls its keys."""

    text: str
    renames: tuple[Rename, ...] = ()

    def line(self, location: Sequence[int | str]) -> int:
        """Return the line (from 1) of a key that is named by its new name."""
        old = {rename.location: rename.old for rename in self.renames}
        parts = tuple(location)
        written = [old.get(parts[: at + 1], part) for at, part in enumerate(parts)]
        return find_line(self.text, written)


_shown: dict[str, dict[Any, Any]] = {}
"""The warnings of each file that were shown: a file is read several times in one process."""


def with_new_names(
    path: Path, text: str, data: Mapping[str, Any], kind: str
) -> tuple[Mapping[str, Any], Names]:
    """Return the content of a file by the new names of its keys, and warn of each old one.

    Raises PlanError where a table has both names of a key, and where warnings are errors.
    """
    result, found = renamed(data, kind)
    names = Names(text=text, renames=found)
    twice = sorted((names.line(r.location), str(r), r.new) for r in found if r.twice)
    if twice:
        raise PlanError(
            f"{path} has two names of the same key",
            details="\n".join(
                f"{path}:{line}: {old!r} is the old name of {new!r}, which the table also has"
                for line, old, new in twice
            ),
            resolution="remove the old name",
        )
    for rename in found:
        _warn(path, names.line(rename.location), rename)
    return result, names


def _warn(path: Path, line: int, rename: Rename) -> None:
    message = f"the key {str(rename)!r} is now called {rename.new!r}"
    advice = f"run `upgradeproof migrate-plan {path}`"
    try:
        warnings.warn_explicit(
            f"{message}; the next release does not accept the old name: {advice}",
            RenamedKeyWarning,
            filename=str(path),
            lineno=line,
            registry=_shown.setdefault(str(path), {}),
        )
    except RenamedKeyWarning:
        raise PlanError(
            f"{path} has the old name of a key, and warnings are errors",
            details=f"{path}:{line}: {message}",
            resolution=advice,
        ) from None
