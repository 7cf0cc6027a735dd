"""Listening sockets, from ``/proc/net`` of a machine with nginx, haproxy, redis and etcd."""

from __future__ import annotations

from pathlib import Path

from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.sockets import ListeningSocket, Sockets

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
