"""Packages that are held back: those that the new release is made of can't be upgraded."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from upgradeproof.preflight.base import Situation
from upgradeproof.probes.packages import Packages
from upgradeproof.results import Finding


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield every held package; one that must change inhibits."""
    new = situation.cell.new
    for name, package in situation.facts[Packages].items():
        if not package.held:
            continue
        wanted = new.packages.get(name)
        stays = wanted is None or fnmatchcase(package.version, wanted)
        yield Finding(
            id=f"held/{name}",
            severity="info" if stays else "inhibitor",
            title=f"the package {name} is held at {package.version}",
            meaning="APT leaves it as it is, and with it what depends on another version of it."
            if stays
            else f"{new.name} is made of {name} {wanted}, and APT leaves a held package as it is.",
            remedy=f"apt-mark unhold {name}",
        )
