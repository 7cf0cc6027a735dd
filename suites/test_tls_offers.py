"""What an endpoint offered over TLS, versions and cipher suites, it offers after the upgrade."""

import pytest

from upgradeproof.plan import Endpoint
from upgradeproof.probes.tls_offers import TlsOffers, lost_families
from upgradeproof.runner import State

pytestmark = pytest.mark.follows(
    "test_reboot::*_active*",
    "test_reboot::test_endpoint_answers*",
    "test_in_use::test_service_starts_again*",
)


@pytest.mark.subject("tls_endpoint")
def test_tls_versions_and_suites_are_still_offered(
    installed_rebooted: State, rebooted: State, tls_endpoint: Endpoint
) -> None:
    """A family of suites represents its members: clients have more than one of them."""
    before, after = offers(installed_rebooted, tls_endpoint), offers(rebooted, tls_endpoint)
    if not before:
        pytest.skip(f"{tls_endpoint.id} offered nothing over TLS before the upgrade")
    lost = [
        f"{version}: {', '.join(gone)}"
        for version, suites in before.items()
        if (gone := lost_families(suites, after.get(version, ())))
    ]
    assert not lost, "\n".join([f"{tls_endpoint.id} does not offer any more:", *lost])


def offers(state: State, endpoint: Endpoint) -> dict[str, tuple[str, ...]]:
    """Return the cipher suites of an endpoint by the version of TLS."""
    found = state[TlsOffers]
    whole = found.get(endpoint.id)
    if whole is None or whole.problem:
        pytest.skip(whole.problem if whole else f"{endpoint.id} was not asked")
    return {
        key.removeprefix(f"{endpoint.id}/"): record.suites
        for key, record in found.items()
        if key.startswith(f"{endpoint.id}/")
    }
