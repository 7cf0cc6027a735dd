"""Every client of the machine's own that an https endpoint answered is answered after the upgrade.

They bring TLS libraries of their own, so that one may refuse what another one accepts.
"""

import pytest

from upgradeproof.plan import Endpoint
from upgradeproof.probes.text import new_lines
from upgradeproof.probes.tls_clients import TlsClients
from upgradeproof.runner import State


def answered(installed: State, endpoint: Endpoint) -> list[str]:
    """Return the clients that got an answer before the upgrade; skip the check without any."""
    clients = [
        name
        for name, was in installed[TlsClients].items()
        if name.rpartition("/")[0] == endpoint.id and was.status is not None
    ]
    if not clients:
        pytest.skip(f"{endpoint.id} answered no client of the machine's own before the upgrade")
    return clients


def refused(installed: State, state: State, endpoint: Endpoint) -> list[str]:
    """Return the clients that got an answer before and get none now, each with its error."""
    after = state[TlsClients]
    return [
        "\n".join([f"{endpoint.id} asked by {name.rpartition('/')[2]}:", *after[name].errors])
        for name in answered(installed, endpoint)
        if name in after and after[name].status is None
    ]


def complaints(installed: State, state: State, endpoint: Endpoint) -> list[str]:
    """Return what clients print that they did not print before, though they are answered."""
    before, after = installed[TlsClients], state[TlsClients]
    return [
        f"{name.rpartition('/')[2]}: {line}"
        for name in answered(installed, endpoint)
        if name in after and after[name].status is not None
        for line in new_lines(before[name].errors, after[name].errors)
    ]


@pytest.mark.subject("https_endpoint")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_every_client_is_answered_as_before(
    installed: State, upgraded: State, https_endpoint: Endpoint
) -> None:
    lost = refused(installed, upgraded, https_endpoint)
    assert not lost, "\n".join(lost)


@pytest.mark.subject("https_endpoint")
@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_no_client_prints_a_new_error(
    installed: State, upgraded: State, https_endpoint: Endpoint
) -> None:
    new = complaints(installed, upgraded, https_endpoint)
    assert not new, "\n".join(new)
