"""The installed version of a component, and the finding for one that is out of its range."""

from __future__ import annotations

from upgradeproof.plan import Component, Release
from upgradeproof.probes import Facts
from upgradeproof.probes.components import Components
from upgradeproof.probes.packages import Packages
from upgradeproof.results import Finding
from upgradeproof.severity import Severity


def installed_version(component: Component, facts: Facts) -> str:
    """Return the version from a package or a command; empty: it is not installed."""
    if component.command:
        printed = facts[Components].get(component.command)
        return printed.version if printed else ""
    package = facts[Packages].get(component.package)
    return package.version if package and not package.residual else ""


def out_of_range(
    release: Release, component: Component, version: str, severity: Severity
) -> Finding:
    """Return the finding that a release does not allow the installed version."""
    breaks = (
        f" Outside this range, {component.consequence} breaks." if component.consequence else ""
    )
    return Finding(
        id=f"components/{component.name}",
        severity=severity,
        title=f"{component.name} {version} is not a version that {release.name} allows",
        meaning=f"{release.name} allows {component.range}.{breaks}",
        remedy=component.remedy or _remedy(component),
        code=component.code,
    )


def _remedy(component: Component) -> str:
    wanted = component.supported or component.max or component.min
    if component.package:
        return f"apt-get install --allow-downgrades '{component.package}={wanted}*'"
    return f"install {component.name} {wanted}"
