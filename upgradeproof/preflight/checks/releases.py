"""Releases of the distribution that the upgrade would skip, from the machine's own os-release."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.distributions import skipped, switches
from upgradeproof.preflight.base import Situation
from upgradeproof.probes.system import System
from upgradeproof.results import Finding
from upgradeproof.severity import Severity


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield each switch of APT's sources that leads further than to the next release."""
    system = situation.facts[System].get("system")
    current = system.codename if system else ""
    for step in switches(situation.cell.steps):
        if skip := skipped(current, step.new):
            yield Finding(
                id=f"releases/{step.new}",
                severity=Severity.INHIBITOR,
                title=f"the upgrade {skip}",
                meaning="The distribution does not support that: what the skipped release converts"
                f" stays as it is. See {skip.distribution.source}.",
                remedy=f"upgrade to {', then to '.join(each.codename for each in skip.way)}",
            )
        current = step.new
