"""Sockets on a real machine: what listens, by the name under which a client finds it."""

from __future__ import annotations

import pytest

from tests.machines.probing import changed
from upgradeproof.machines import Machine
from upgradeproof.probes.services import Services
from upgradeproof.probes.sockets import Sockets
from upgradeproof.probes.unix_sockets import UnixSockets

LISTEN = """
socket(S, AF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(4711, INADDR_LOOPBACK)); listen(S, 5);
sleep 60
"""
RECEIVE = """
socket(S, AF_INET6, SOCK_DGRAM, 0); bind(S, Socket::pack_sockaddr_in6(4711, Socket::IN6ADDR_ANY));
sleep 60
"""


@pytest.mark.parametrize(
    ("key", "perl"), [("tcp/127.0.0.1:4711", LISTEN), ("udp/[::]:4711", RECEIVE)]
)
def test_a_listener_is_read_with_its_unit(debian: Machine, key: str, perl: str) -> None:
    do = f"""
    systemd-run -q --unit=probed --uid=www-data perl -MSocket -e '{perl}'
    until grep -q ':1267 ' /proc/net/tcp /proc/net/udp6; do :; done
    """
    with changed(debian, do, "systemctl stop probed") as facts:
        socket = facts[Sockets][key]
        assert (socket.process, socket.executable) == ("perl", "/usr/bin/perl")
        assert (socket.user, socket.unit) == ("www-data", "probed.service")
        assert "probed.service" not in facts[Services]


def test_a_unix_socket_that_was_renamed_has_the_name_of_its_file(debian: Machine) -> None:
    perl = (
        'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("/run/probed.sock.$$.tmp")); '
        'listen(S, 5); rename("/run/probed.sock.$$.tmp", "/run/probed.sock"); sleep 60'
    )
    do = f"""
    systemd-run -q --unit=probed perl -MSocket -e '{perl}'
    until [ -S /run/probed.sock ]; do :; done
    chmod 660 /run/probed.sock
    """
    with changed(debian, do, "systemctl stop probed; rm /run/probed.sock") as facts:
        found = {k: v for k, v in facts[UnixSockets].items() if k.startswith("/run/probed")}
        assert list(found) == ["/run/probed.sock"]
        assert found["/run/probed.sock"].access == "0660 root:root"
        assert found["/run/probed.sock"].unit == "probed.service"
