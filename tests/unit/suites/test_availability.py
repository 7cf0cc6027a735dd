"""The check of a disruption: its result for what a prober measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suites.test_availability import test_endpoint_stays_available as check
from tests.unit.prober.test_budget import disruption, lane, seen
from tests.unit.suites.states import state
from upgradeproof.errors import LoadError
from upgradeproof.results import Availability, Fidelity
from upgradeproof.runner import State

EMULATED = Fidelity(kernel="shared", execution="qemu-user")
TUNNELLED = Fidelity(kernel="shared", execution="native", engine="arm1", tunnel_ms=1.5)


def upgraded(*availability: Availability) -> State:
    return replace(state(), _availability=availability)


def test_an_endpoint_within_its_budget_passes() -> None:
    check(upgraded(seen(lane(400), lane(400, connection="kept"))), disruption())


def test_an_endpoint_beyond_its_budget_fails_with_its_downtimes() -> None:
    with pytest.raises(AssertionError, match=r"the longest downtime lasted 900 ms") as caught:
        check(upgraded(seen(lane(900), lane(connection="kept"))), disruption())
    assert "in the step 'install': 900 ms, 45 requests, Connection refused" in str(caught.value)


def test_an_endpoint_without_requests_fails() -> None:
    with pytest.raises(AssertionError, match="no request was made: nothing is proven"):
        check(upgraded(seen(lane(requests=0))), disruption())


def test_a_prober_that_was_too_slow_is_broken() -> None:
    with pytest.raises(LoadError, match="the prober could not keep its schedule"):
        check(upgraded(seen(lane(900, certain=False))), disruption())


def test_a_prober_that_never_started_is_broken() -> None:
    with pytest.raises(LoadError, match="no prober ran during the transition to upgraded"):
        check(upgraded(), disruption())


def test_under_emulation_it_is_not_applicable() -> None:
    with pytest.raises(pytest.skip.Exception, match="by qemu-user an absolute time proves nothing"):
        check(replace(upgraded(), fidelity=EMULATED), disruption())


def test_through_a_tunnel_it_is_not_applicable() -> None:
    reason = r"through the tunnel to arm1 \(1.5 ms\) an absolute time proves nothing"
    with pytest.raises(pytest.skip.Exception, match=reason):
        check(replace(upgraded(), fidelity=TUNNELLED), disruption())
