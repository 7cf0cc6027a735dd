"""The address at which the machine itself sends requests to an endpoint."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from upgradeproof.plan import Endpoint
from upgradeproof.probes import Facts
from upgradeproof.probes.sockets import ListeningSocket, Sockets
from upgradeproof.runner.state import only_address


def asked_at(kind: str, addresses: Sequence[str], **keys: str) -> str:
    protocol = "udp" if kind in ("udp", "dns") else "tcp"
    records = {
        address: ListeningSocket(protocol=protocol, address=address, port=53)
        for address in addresses
    }
    endpoint = Endpoint.model_validate(
        {"id": "a", "kind": kind, "port": 53, "send": "a.test A", **keys}
    )
    return only_address(Facts({Sockets.section: records}), endpoint, 53)


@pytest.mark.parametrize(
    ("kind", "addresses", "found"),
    [
        ("http", ["0.0.0.0"], ""),
        ("http", ["127.0.0.1"], "127.0.0.1"),
        ("http", ["::1"], "::1"),
        ("http", ["127.0.0.1", "::1"], "127.0.0.1"),
        ("http", ["127.0.0.1", "172.17.0.2"], ""),
        ("http", ["172.17.0.2"], ""),
        ("http", [], ""),
        ("dns", ["127.0.0.1", "172.17.0.2"], "127.0.0.1"),
        ("udp", ["172.17.0.2"], "172.17.0.2"),
        ("udp", ["::"], ""),
    ],
)
def test_only_an_endpoint_that_others_cannot_reach_is_asked_inside(
    kind: str, addresses: list[str], found: str
) -> None:
    assert asked_at(kind, addresses) == found


def test_facts_without_sockets_determine_no_address() -> None:
    endpoint = Endpoint.model_validate({"id": "a", "kind": "http", "port": 80})
    assert only_address(Facts({}), endpoint, 80) == ""
