"""The state of dpkg and apt: an upgrade on a broken state makes it worse."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.preflight.base import Situation
from upgradeproof.probes.health import Health
from upgradeproof.probes.packages import Packages
from upgradeproof.results import Finding
from upgradeproof.severity import Severity

LINES = 5
"""How many lines of a tool's output a finding has."""
REMEDIES = {
    "dpkg-audit": ("dpkg finds packages in a bad state", "dpkg --configure --pending"),
    "apt-check": (
        "apt-get check reports an error",
        "apt-get --fix-broken install; or correct the setting that the message names",
    ),
    "interrupted": ("dpkg was interrupted", "dpkg --configure --pending"),
}


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield errors of dpkg and apt, and packages that are not configured."""
    checks = situation.facts[Health]
    for name, (title, remedy) in REMEDIES.items():
        check = checks.get(name)
        if check and not check.sound:
            lines = check.output.splitlines()
            yield Finding(
                id=f"dpkg/{name}",
                severity=Severity.INHIBITOR,
                title=title,
                meaning="\n  ".join([*lines[:LINES], *(["..."] if lines[LINES:] else [])])
                or "It printed nothing else.",
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
            severity=Severity.INHIBITOR,
            title=f"not completely installed: {', '.join(half[:LINES])}",
            meaning="An upgrade starts with these packages, and may fail there.",
            remedy="dpkg --configure --pending",
        )
