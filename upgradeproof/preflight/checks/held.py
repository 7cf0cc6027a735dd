"""Held packages: those of the new release can't be upgraded."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from fnmatch import fnmatchcase

from upgradeproof.preflight.base import Situation
from upgradeproof.probes.packages import Packages
from upgradeproof.results import Finding
from upgradeproof.severity import Severity


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
            severity=Severity.INFO if stays else Severity.INHIBITOR,
            title=f"the package {name} is held at {package.version}",
            meaning="APT upgrades neither it nor what depends on another version of it."
            if stays
            else f"{new.name} needs {name} {wanted}, and APT does not upgrade a held package.",
            remedy=f"apt-mark unhold {shlex.quote(name)}",
        )
