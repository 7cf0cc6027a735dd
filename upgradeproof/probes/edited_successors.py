"""Find the edits that stay in the folder of an old version, while a newer one has its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from upgradeproof.probes.base import Facts
from upgradeproof.probes.conffiles import Conffiles
from upgradeproof.probes.files import Files
from upgradeproof.probes.succession import same_text, successions


class LostEdit(NamedTuple):
    """An edited configuration file, and the one of the newer version that lacks the edit."""

    path: str
    successor: str
    package: str
    """The package of the newer version."""


def lost_edits(before: Facts, after: Facts) -> Iterator[LostEdit]:
    """Yield each edited file whose package is succeeded, by one with the same file, unedited.

    The file of the newer version has the same path but for the version, and is new.
    """
    edited = _edited(before)
    for each in successions(before, after):
        for path in sorted(path for path, package in edited.items() if package == each.old):
            successor = each.renamed(path)
            was, now = before[Files].get(path), after[Files].get(successor)
            if now is None or was is None or successor in before[Files]:
                continue
            changed = now.edited or successor in after[Conffiles]
            same = now.sha256 == was.sha256 or same_text(each, was, now)
            if not changed and not same:
                yield LostEdit(path, successor, each.new)


def succeeds_an_edited_package(before: Facts, after: Facts) -> bool:
    """Return whether a package with an edited file has a successor that was compared with it."""
    packages = set(_edited(before).values())
    return any(each.old in packages for each in successions(before, after))


def _edited(facts: Facts) -> dict[str, str]:
    """Return the package of each configuration file that the administrator edited, by its path."""
    found = {p: file.package for p, file in facts[Conffiles].items() if file.state == "modified"}
    return found | {p: file.package for p, file in facts[Files].items() if file.edited}
