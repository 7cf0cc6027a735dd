"""Listening sockets, from ``/proc/net`` of a machine with nginx, haproxy, redis and etcd."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.probes.base import Difference, Facts
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.packages import Package
from upgradeproof.probes.services import Service
from upgradeproof.probes.sockets import ListeningSocket, Sockets, unreachable

CAPTURED = (Path(__file__).parent / "captured" / "sockets.txt").read_text()


def keys(*lines: str) -> set[str]:
    return set(Sockets.parse("\n".join(lines), ProbeInputs()))


def test_every_listener_of_a_real_machine_is_read() -> None:
    assert set(Sockets.parse(CAPTURED, ProbeInputs())) == {
        "tcp/0.0.0.0:443",
        "tcp/0.0.0.0:6379",
        "tcp/127.0.0.1:2380",
        "tcp/127.0.0.1:8080",
        "tcp/[::]:2379",
    }


def test_a_listener_has_its_process_and_unit() -> None:
    assert Sockets.parse(CAPTURED, ProbeInputs())["tcp/[::]:2379"] == ListeningSocket(
        protocol="tcp",
        address="::",
        port=2379,
        process="etcd",
        executable="/usr/bin/etcd",
        user="etcd",
        unit="etcd.service",
        pid=4669,
    )


def test_a_shared_socket_belongs_to_the_first_process() -> None:
    assert Sockets.parse(CAPTURED, ProbeInputs())["tcp/127.0.0.1:8080"].pid == 8724


def test_the_bytes_of_addresses_are_reversed_word_by_word() -> None:
    loopback = "socket\ttcp6\t00000000000000000000000001000000:0016\t0\t5"
    mapped = "socket\ttcp6\t0000000000000000FFFF00000100007F:0050\t0\t6"
    assert keys(loopback, mapped) == {"tcp/[::1]:22", "tcp/[::ffff:127.0.0.1]:80"}


def test_an_unknown_user_is_a_number() -> None:
    sockets = Sockets.parse("socket\ttcp\t00000000:0050\t4711\t6", ProbeInputs())
    assert sockets["tcp/0.0.0.0:80"].user == "4711"


def test_udp_clients_on_ephemeral_ports_are_no_listeners() -> None:
    ports = "ephemeral\t32768 60999"
    client = "socket\tudp\t00000000:9C40\t0\t7"
    server = "socket\tudp\t00000000:007B\t0\t8"
    kernel = "socket\tudp\t00000000:CA6C\t0\t0"
    assert keys(ports, client, server, kernel) == {"udp/0.0.0.0:123", "udp/0.0.0.0:51820"}


def test_a_tcp_listener_on_an_ephemeral_port_is_read() -> None:
    assert keys("socket\ttcp\t00000000:9C40\t0\t7") == {"tcp/0.0.0.0:40000"}


def test_two_sockets_on_one_address_are_one_fact_of_the_first_process() -> None:
    lines = (
        "socket\ttcp\t00000000:0050\t0\t1",
        "socket\ttcp\t00000000:0050\t0\t2",
        "holder\t1\t90",
        "holder\t2\t80",
    )
    sockets = Sockets.parse("\n".join(lines), ProbeInputs())
    assert sockets["tcp/0.0.0.0:80"].pid == 80


def test_an_invalid_address_is_ignored() -> None:
    assert keys("socket\ttcp\tXYZ:0050\t0\t1", "socket\ttcp\t0000:0050\t0\t1") == set()


def test_an_address_of_the_machines_own_is_the_same_word_on_each_clone() -> None:
    """Docker gives each clone of a container another address."""
    outputs = (
        "own\t172.17.0.5\nsocket\ttcp\t050011AC:0035\t0\t7\n",
        "own\t172.17.0.6\nsocket\ttcp\t060011AC:0035\t0\t7\n",
    )
    found = [list(Sockets.parse(output, ProbeInputs())) for output in outputs]
    assert found == [["tcp/own:53"]] * 2


def java(*ports: int, unit: str = "zookeeper.service", **more: object) -> Facts:
    """Return the sockets of a service that listens on these ports."""
    return Facts(
        {
            "sockets": {
                f"tcp/[::]:{port}": ListeningSocket.model_validate(
                    {
                        "protocol": "tcp",
                        "address": "::",
                        "port": port,
                        "process": "java",
                        "user": "zookeeper",
                        "unit": unit,
                        "ephemeral": port >= 32768,
                        **more,
                    }
                )
                for port in ports
            }
        }
    )


def explained(before: Facts, after: Facts, port: int) -> str:
    """Return why a port was added."""
    return Sockets.explain(
        Difference(path=f"sockets/tcp/[::]:{port}", before=None, after="protocol=tcp"),
        before,
        after,
    )


def test_another_port_of_the_kernels_choice_is_explained() -> None:
    before, after = java(2181, 34413), java(2181, 46043, executable="/usr/lib/jvm/java-17/bin/java")
    reason = "zookeeper.service listens on a port that the kernel assigns at each start"
    assert explained(before, after, 46043) == reason


@pytest.mark.parametrize(
    ("before", "after", "port"),
    [
        (java(2181), java(2181, 46043), 46043),
        (java(34413), java(34413, 46043), 46043),
        (java(34413), java(46043, 46044), 46043),
        (java(2181), java(8080), 8080),
        (java(34413), java(46043, unit="other.service"), 46043),
        (java(34413), java(46043, address="0.0.0.0"), 46043),
        (java(34413, unit=""), java(46043, unit=""), 46043),
    ],
    ids=["new", "one more", "two for one", "fixed", "other service", "wider", "no service"],
)
def test_any_other_new_port_is_not_explained(before: Facts, after: Facts, port: int) -> None:
    assert explained(before, after, port) == ""


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (["127.0.0.1"], ["::1"], ("127.0.0.1",)),
        (["127.0.0.1"], ["0.0.0.0"], ()),
        (["0.0.0.0", "::"], ["::"], ()),
        (["0.0.0.0"], ["127.0.0.1"], ("0.0.0.0",)),
        (["127.0.0.1", "::1"], ["127.0.0.1"], ("::1",)),
        (["172.17.0.2"], ["172.17.0.3"], ()),
    ],
)
def test_an_address_that_no_socket_covers_is_lost(
    before: list[str], after: list[str], lost: tuple[str, ...]
) -> None:
    was, now = (
        [ListeningSocket(protocol="tcp", address=it, port=3000) for it in one]
        for one in (before, after)
    )
    assert unreachable(was, now) == lost


def squid(program: str, version: str, **more: str) -> Facts:
    socket = {"protocol": "tcp", "address": "::", "port": 3128, "process": "squid"}
    socket |= {"executable": f"/usr/sbin/{program}", "unit": "squid.service", **more}
    return Facts(
        {
            "sockets": {"tcp/[::]:3128": ListeningSocket.model_validate(socket)},
            "services": {"squid.service": Service(package="squid")},
            "packages": {"squid": Package(version=version, state="install ok installed")},
        }
    )


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (
            squid("squid-gnutls", "6"),
            "the program of squid.service, a unit of squid, which went from 5 to 6",
        ),
        (squid("squid-gnutls", "5"), ""),
        (squid("squid-gnutls", "6", process="sh"), ""),
        (squid("squid-gnutls", "6", unit="other.service"), ""),
    ],
    ids=["upgraded", "same package", "other process", "other unit"],
)
def test_another_program_of_an_upgraded_unit_is_explained(after: Facts, reason: str) -> None:
    line = Difference(
        path="sockets/tcp/[::]:3128/executable",
        before="/usr/sbin/squid",
        after="/usr/sbin/squid-gnutls",
    )
    assert Sockets.explain(line, squid("squid", "5"), after) == reason


@pytest.mark.parametrize(
    ("table", "address", "port", "library", "assigned"),
    [
        ("udp", "0100007F", "0298", True, True),
        ("udp", "0100007F", "0298", False, False),
        ("udp", "00000000", "0298", True, False),
        ("tcp", "0100007F", "0298", True, False),
        ("udp", "0100007F", "0801", True, False),
    ],
    ids=["client", "no RPC", "all addresses", "tcp", "other port"],
)
def test_a_client_of_rpc_gets_a_reserved_port_from_its_library(
    table: str, address: str, port: str, *, library: bool, assigned: bool
) -> None:
    lines = [
        f"socket\t{table}\t{address}:{port}\t0\t77",
        "holder\t77\t310",
        "process\t310\trpc.statd\t/usr/sbin/rpc.statd\t0::/system.slice/rpc-statd.service\t",
        *(["rpc\t310"] if library else []),
    ]
    (socket,) = Sockets.parse("\n".join(lines), ProbeInputs()).values()
    assert socket.ephemeral is assigned
