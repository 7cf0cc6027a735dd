"""The product's endpoints answer during the upgrade, but for the downtimes that are planned."""

import pytest

from upgradeproof.plan import Disruption
from upgradeproof.prober import over_budget
from upgradeproof.runner import State

pytestmark = pytest.mark.load


@pytest.mark.subject("disruption")
def test_endpoint_stays_available(upgraded: State, disruption: Disruption) -> None:
    if not upgraded.fidelity.absolute_latency:
        pytest.skip(upgraded.fidelity.why_no_absolute_latency)
    complaint = over_budget(disruption, upgraded.seen(disruption))
    assert not complaint, complaint
