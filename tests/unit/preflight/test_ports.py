"""Ports of the old and the new release, and the processes that listen on them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.preflight.situations import found
from upgradeproof.probes.sockets import ListeningSocket, Sockets


def listening(port: int, process: str, unit: str = "", protocol: str = "tcp") -> dict[Any, Any]:
    socket = ListeningSocket(
        protocol=protocol, address="0.0.0.0", port=port, process=process, unit=unit
    )
    return {Sockets: {f"{protocol}/0.0.0.0:{port}": socket}}


def findings_of(read: dict[Any, Any], **port: Any) -> list[str]:
    return found(read, expect={"port": [{"port": 80, **port}]})


def test_another_process_on_the_port_of_the_old_release_is_an_inhibitor() -> None:
    assert findings_of(listening(80, "caddy", "caddy.service"), process="thingd") == [
        (
            "inhibitor ports/tcp-80: TCP port 80 is held by caddy (caddy.service)\n"
            "  1 needs it for thingd, and can't listen there.\n"
            "  To do: systemctl disable --now caddy.service"
        )
    ]


def test_another_process_on_the_port_of_the_new_release_is_an_inhibitor() -> None:
    found_there = findings_of(listening(81, "nc"), process="thingd", change="moved", to=81)
    assert found_there == [
        (
            "inhibitor ports/tcp-81: TCP port 81 is held by nc\n"
            "  2 needs it for thingd, and can't listen there.\n"
            "  To do: ss -lnp 'sport = :81', then end that process or give it another port"
        )
    ]


def test_a_unit_name_with_shell_characters_is_quoted_in_the_remedy() -> None:
    (only,) = findings_of(listening(80, "x", "$(reboot).service"), process="thingd")
    assert only.endswith("  To do: systemctl disable --now '$(reboot).service'")


@pytest.mark.parametrize(
    ("read", "port"),
    [
        ({}, {"process": "thingd"}),
        (listening(80, "thingd"), {"process": "thingd"}),
        (listening(80, "systemd", "init.scope"), {"process": "thingd"}),
        (listening(80, "anybody"), {}),
        (listening(80, "stranger", protocol="udp"), {"process": "thingd"}),
        (listening(81, "thingd"), {"process": "thingd", "change": "moved", "to": 81}),
        (listening(81, "stranger"), {"process": "thingd"}),
    ],
    ids=[
        "free",
        "ours",
        "of systemd, which starts it",
        "of no process that the plan names",
        "of another protocol",
        "ours before the move",
        "not in the plan",
    ],
)
def test_a_port_is_no_finding(read: dict[Any, Any], port: dict[str, Any]) -> None:
    assert findings_of(read, **port) == []


def test_another_process_may_listen_on_the_same_port_of_another_address() -> None:
    ours = listening(80, "thingd")
    other = ListeningSocket(protocol="tcp", address="10.0.0.1", port=80, process="caddy", unit="")
    ours[Sockets]["tcp/10.0.0.1:80"] = other
    assert findings_of(ours, process="thingd") == []


@pytest.mark.parametrize(
    ("unit", "findings"), [("exporter.service", 1), ("helper.service", 0), ("", 1)]
)
def test_the_new_port_may_only_be_used_by_a_service_of_the_product(
    unit: str, findings: int
) -> None:
    """Python listens on two of the product's ports, and the other process is Python as well."""
    ports = [
        {"port": 80, "process": "thingd", "change": "moved", "to": 81},
        {"port": 90, "process": "python3"},
    ]
    expect = {"services": ["thingd", "helper"], "port": ports}
    assert len(found(listening(81, "python3", unit), expect=expect)) == findings


def test_an_added_port_without_a_process_must_be_free() -> None:
    (only,) = findings_of(listening(80, "caddy"), change="added")
    assert only.startswith(
        "inhibitor ports/tcp-80: TCP port 80 is held by caddy\n  2 needs it, and"
    )


def test_an_added_port_must_be_free() -> None:
    (only,) = findings_of(
        listening(80, "", protocol="udp"), process="thingd", change="added", protocol="udp"
    )
    assert only.startswith("inhibitor ports/udp-80: UDP port 80 is held by the kernel\n")
