"""Names and the globs that they fit, as the shell reads them; upper and lower case differ."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase


def fits(name: str, globs: Iterable[str]) -> bool:
    """Return whether a name fits one of the globs."""
    return any(fnmatchcase(name, glob) for glob in globs)
