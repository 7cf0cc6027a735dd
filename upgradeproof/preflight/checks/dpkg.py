"""dpkg and apt themselves: an upgrade on a broken state ends in a worse one."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.preflight.base import Situation
from upgradeproof.probes.health import Health
from upgradeproof.probes.packages import Packages
from upgradeproof.results import Finding

LINES = 5
"""How much of a tool's complaint stands in a finding."""
REMEDIES = {
    "dpkg-audit": ("dpkg finds packages in a bad state", "dpkg --configure --pending"),
    "apt-check": ("apt finds dependencies that are not met", "apt-get --fix-broken install"),
    "interrupted": ("dpkg was interrupted", "dpkg --configure --pending"),
}


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield what dpkg and apt complain of, and packages that are not configured."""
    checks = situation.facts[Health]
    for name, (title, remedy) in REMEDIES.items():
        check = checks.get(name)
        if check and not check.sound:
            said = check.output.splitlines()
            yield Finding(
                id=f"dpkg/{name}",
                severity="inhibitor",
                title=title,
                meaning="\n  ".join([*said[:LINES], *(["..."] if said[LINES:] else [])])
                or "It says no more than that.",
                remedy=remedy,
            )
    half = [
        f"{name} ({package.state})"
        for name, package in situation.facts[Packages].items()
        if not (package.installed or package.residual)
    ]
    if half:
        yield Finding(
            id="dpkg/half-configured",
            severity="inhibitor",
            title=f"not wholly installed: {', '.join(half[:LINES])}",
            meaning="An upgrade begins with what is left of these, and may fail there.",
            remedy="dpkg --configure --pending",
        )
