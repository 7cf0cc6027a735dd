"""Explain why a unit that was there before an upgrade has no file after it."""

from __future__ import annotations

from upgradeproof.probes.base import Facts
from upgradeproof.probes.package_changes import renumbered, successor
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.services import Services


def why_lost(unit: str, before: Facts, after: Facts) -> str:
    """Return one sentence: which package brought the unit, and what became of that package.

    ``unit``: its full name before the upgrade, such as ``nginx.service``. Units of the package
    that took the place of the old one are named, since one of them may be the new unit.
    """
    was = before[Services].get(unit)
    if was is None:
        return f"there is no {unit}"
    if not was.package:
        return f"{unit} is gone; no package brought it"
    old, packages = was.package, after[Packages]
    gone = f"{unit} is gone; the package {old} brought it"
    if old in packages and packages[old].installed:
        from_, to = before[Packages][old].version, packages[old].version
        return f"{gone}, and its version {to} does not bring it any more ({from_} did)"
    new = successor(old, before[Packages], packages) or renumbered(old, before[Packages], packages)
    if not new:
        return f"{gone}, which is not installed any more"
    units = sorted(name for name, each in after[Services].items() if each.package == new)
    named = f"; its units: {', '.join(units)}" if units else ", which has no unit"
    return f"{gone}, which {new} replaced{named}"
