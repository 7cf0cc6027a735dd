"""Components outside of the range that a release allows, or of another version than was proven."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.plan import Component, Release
from upgradeproof.preflight.base import Situation
from upgradeproof.preflight.ranges import installed_version, out_of_range
from upgradeproof.results import Finding
from upgradeproof.severity import Severity


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield what the new release does not allow, then what the old one does not.

    The new release's inhibits, unless the upgrade itself installs the component. The old release's
    exists already: the upgrade may fix it.
    """
    old, new = situation.cell.old, situation.cell.new
    judged = [component for component in new.component if not component.installed_by_upgrade]
    for component in judged:
        yield from _judge(situation, new, component, is_new=True)
    names = {component.name for component in judged}
    for component in old.component:
        if component.name not in names:
            yield from _judge(situation, old, component, is_new=False)


def _judge(
    situation: Situation, release: Release, component: Component, *, is_new: bool
) -> Iterator[Finding]:
    version = installed_version(component, situation.facts)
    if not component.judged or not version:
        return
    try:
        allowed = component.allows(version)
    except ValueError:
        yield Finding(
            id=f"components/{component.name}",
            severity=Severity.INFO,
            title=f"{component.name} reports the version {version!r}",
            meaning=f"That can't be compared; {release.name} allows {component.range}.",
            remedy="compare it by hand",
            code=component.code,
        )
        return
    if not allowed:
        yield out_of_range(
            release, component, version, severity=Severity.INHIBITOR if is_new else Severity.HIGH
        )
    elif component.supported and not component.proven_with(version):
        yield Finding(
            id=f"components/{component.name}",
            severity=Severity.INFO,
            title=f"{component.name} {version} is installed, and {release.name} was proven with"
            f" {component.supported}",
            meaning=f"It is in the range that {release.name} allows: {component.range}.",
            remedy=f"none is needed; {component.supported} is the proven version",
        )
