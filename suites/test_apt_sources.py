"""apt still verifies every source after the upgrade: without that no security update comes."""

import pytest

from upgradeproof.probes.apt_sources import AptSources
from upgradeproof.runner import State


def test_apt_verifies_every_source(installed_rebooted: State, rebooted: State) -> None:
    before = installed_rebooted[AptSources]
    after = rebooted[AptSources]
    refused = [
        f"apt does not trust {name} any more:\n  {source.message}"
        for name, source in after.items()
        if source.refused and not (name in before and before[name].refused)
    ]
    refused += [
        f"{name} fails, and did not before:\n  {source.message}"
        for name, source in after.items()
        if source.failed and not (name in before and before[name].failed)
    ]
    assert not refused, "\n".join(refused)
    silent = [f"{name}: {source.message}" for name, source in after.items() if source.unreachable]
    if silent:
        pytest.skip("; ".join(["not known, for these are out of reach", *silent]))
