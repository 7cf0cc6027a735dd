"""Globs over versions: as wide as they can be, and still only of one release."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

_CUT = re.compile(r"[.+~-]")


def version_glob(version: str, other: str = "") -> str:
    """Return the widest glob that a version fits and the other release's does not.

    A release gets updates of its own: ``15.20-0+deb12u1`` becomes ``15.*`` where the other one has
    ``17.12-0+deb13u1``. If both are the same, the widest glob is returned.
    """
    globs = [f"{_escaped(version[: cut.end()])}*" for cut in _CUT.finditer(version)]
    globs.append(_escaped(version))
    apart = (glob for glob in globs if not fnmatchcase(other, glob))
    return next(apart, globs[0])


def _escaped(text: str) -> str:
    return re.sub(r"[*?[]", lambda found: f"[{found[0]}]", text)
