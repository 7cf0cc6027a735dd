"""The new release survives the loss of its backend: it degrades, reports it, and recovers."""

import pytest

from upgradeproof.plan import Degradation
from upgradeproof.runner import Outages

pytestmark = pytest.mark.destructive


@pytest.mark.subject("degradation")
def test_what_there_is_not_is_answered_with_404(outages: Outages, degradation: Degradation) -> None:
    seen = outages.of(degradation).not_found
    assert seen.fits, f"{seen}"


@pytest.mark.subject("degradation")
def test_requests_for_what_there_is_not_degrade_nothing(
    outages: Outages, degradation: Degradation
) -> None:
    seen = outages.of(degradation).after_not_found
    assert seen.fits, f"{seen}"


@pytest.mark.subject("degradation")
def test_service_degrades_while_its_backend_is_cut_off(
    outages: Outages, degradation: Degradation
) -> None:
    seen = outages.of(degradation).degraded
    assert seen.fits, f"{seen}"


@pytest.mark.subject("degradation")
def test_service_recovers_when_its_backend_is_back(
    outages: Outages, degradation: Degradation
) -> None:
    seen = outages.of(degradation).recovered
    assert seen.fits, f"{seen}"


@pytest.mark.subject("alerted_degradation")
def test_alert_is_raised_once(outages: Outages, alerted_degradation: Degradation) -> None:
    alerted = outages.of(alerted_degradation).raised
    assert alerted.once, f"{alerted}"


@pytest.mark.subject("alerted_degradation")
def test_alert_is_cleared_once(outages: Outages, alerted_degradation: Degradation) -> None:
    alerted = outages.of(alerted_degradation).cleared
    assert alerted.once, f"{alerted}"
