"""The support graph of a plan's releases, and the versions that a machine has."""

from __future__ import annotations

from upgradeproof.plan import Plan
from upgradeproof.plan import Release as PlannedRelease
from upgradeproof.preflight.ranges import installed_version
from upgradeproof.probes import Facts
from upgradeproof.results import Component, Release


def support_graph(plan: Plan) -> tuple[Release, ...]:
    """Return the releases that name components, in the plan's order."""
    return tuple(
        Release(
            product=plan.name,
            name=release.name,
            components=tuple(
                Component(
                    name=component.name,
                    supported=component.supported,
                    allowed=component.range if component.judged else "",
                    needs=component.needs,
                    consequence=component.consequence,
                    code=component.code,
                )
                for component in release.component
            ),
        )
        for release in plan.release
        if release.component
    )


def components_found(release: PlannedRelease, facts: Facts) -> dict[str, str]:
    """Return the installed versions of a release's components, by name."""
    versions = {c.name: installed_version(c, facts) for c in release.component}
    return {name: version for name, version in versions.items() if version}
