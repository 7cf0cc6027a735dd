"""Distinguish the failed checks with a cause from those that only follow from them; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from upgradeproof.globs import fits
from upgradeproof.results.model import Check, Verdict


def consequences(checks: Sequence[Check]) -> dict[str, str]:
    """Return the failed checks of one cell that follow from another one: id -> id of the cause.

    A check names the checks that it follows from by globs (the mark ``follows``). It is a
    consequence only if one of these failed, too; the cause is the first such check that does not
    follow from a further one.
    """
    failed = [check for check in checks if check.verdict is Verdict.FAILED]
    causes = {check.id: _followed(check, failed) for check in failed}
    found: dict[str, str] = {}
    for check in failed:
        root = _root(check.id, causes, {check.id})
        if root and root not in found:  # of checks that name each other, one stays a cause
            found[check.id] = root
    return found


def following(checks: Sequence[Check], causes: Collection[str]) -> set[str]:
    """Return the ids of the failed checks of one cell that follow from some others, or from those.

    ``causes``: ids of checks.
    """
    failed = [check for check in checks if check.verdict is Verdict.FAILED]
    found = set(causes)
    while more := {
        check.id
        for check in failed
        if check.id not in found and any(_names(check, cause) for cause in found)
    }:
        found |= more
    return found - set(causes)


def _followed(check: Check, failed: Sequence[Check]) -> list[str]:
    return [other.id for other in failed if other.id != check.id and _names(check, other.id)]


def _names(check: Check, cause: str) -> bool:
    """Return whether a check names another one, by its id, as one that it follows from."""
    return fits(cause, check.follows)


def _root(check: str, causes: dict[str, list[str]], seen: set[str]) -> str:
    """Return the first check at the end of the chain, or "" where nothing before it failed."""
    for cause in causes[check]:
        if cause not in seen:
            return _root(cause, causes, {*seen, cause}) or cause
    return ""
