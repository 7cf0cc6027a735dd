"""Each installed component has a version that the release allows."""

import pytest

from upgradeproof.plan import Component, Release
from upgradeproof.preflight.ranges import installed_version, out_of_range
from upgradeproof.runner import State
from upgradeproof.severity import Severity


def complaint(state: State, release: Release, component: Component) -> str:
    version = installed_version(component, state.facts)
    if not version:
        pytest.skip(f"{component.name} is not installed")
    finding = out_of_range(release, component, version, severity=Severity.HIGH)
    return "" if component.allows(version) else str(finding)


@pytest.mark.subject("old_component")
def test_component_is_one_that_the_old_release_allows(
    installed: State, old_component: Component
) -> None:
    complained = complaint(installed, installed.cell.old, old_component)
    assert not complained, complained


@pytest.mark.subject("component")
def test_component_is_one_that_the_new_release_allows(
    upgraded: State, component: Component
) -> None:
    complained = complaint(upgraded, upgraded.cell.new, component)
    assert not complained, complained
