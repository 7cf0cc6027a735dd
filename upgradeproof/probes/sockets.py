"""Read the listening TCP and UDP sockets and who holds them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from upgradeproof.probes.attribution import changed_package
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.services import Services
from upgradeproof.probes.socket_holders import HOLDERS
from upgradeproof.probes.text import clean, number, rows, unit_of

_SCRIPT = (
    HOLDERS
    + r"""
printf 'ephemeral\t%s\n' "$(tr '\t' ' ' </proc/sys/net/ipv4/ip_local_port_range)"
for address in $(hostname -I 2>/dev/null); do printf 'own\t%s\n' "$address"; done
sockets=$(for table in tcp tcp6 udp udp6; do
  [ ! -r /proc/net/$table ] || awk -v table=$table '
    ($4 == "0A" && table ~ /tcp/) || ($4 == "07" && table ~ /udp/) {
      print "socket\t" table "\t" $2 "\t" $8 "\t" $10 }' /proc/net/$table
done)
[ -n "$sockets" ] || exit 0
printf '%s\n' "$sockets"
holders=$(holders "$(printf '%s\n' "$sockets" | cut -f 5)")
printf '%s\n' "$holders"
pids=$(printf '%s\n' "$holders" | cut -f 3 | sort -u)
for pid in $pids; do
  name=; read -r name 2>/dev/null <"/proc/$pid/comm"
  printf 'process\t%s\t%s\t%s\t%s\n' "$pid" "$name" "$(readlink "/proc/$pid/exe")" \
    "$(tr '\n' '\t' 2>/dev/null <"/proc/$pid/cgroup")"
done
grep -ls libtirpc $(printf '/proc/%s/maps ' $pids) | awk -F / '{ print "rpc\t" $3 }'
awk -F : '{ print "user\t" $3 "\t" $1 }' /etc/passwd
exit 0
"""
)
_PORT_RANGE = re.compile(r"(\d{1,5}) +(\d{1,5})")
_END_POINT = re.compile(r"(?:[0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4}")

_RESERVED = range(512, 1024)
"""What bindresvport(3) chooses from."""
OWN = "own"
"""Replaces an address of the machine's interfaces: each clone of a container has another one."""


class ListeningSocket(Record):
    """One address and port, and the process that was first to hold it."""

    volatile: ClassVar[frozenset[str]] = frozenset({"pid", "address", "ephemeral"})
    protocol: str
    address: str
    """The key holds it as well, or ``own`` in its place."""
    port: int
    process: str = ""
    """The kernel's name of the process; empty where only the kernel holds the socket."""
    executable: str = ""
    user: str = ""
    """Who opened the socket: a daemon that dropped its rights later is still root here."""
    unit: str = ""
    """The systemd unit of the process; ``init.scope`` where systemd listens for a service."""
    pid: int | None = None
    ephemeral: bool = False
    """Whether the kernel, or Sun RPC's library, assigns such a port to one that names none."""

    def resembles(self, other: ListeningSocket) -> bool:
        """Return whether both are of the same service, on ports that the kernel may assign."""
        ours, theirs = (
            (each.protocol, each.address, each.process, each.user, each.unit, each.ephemeral)
            for each in (self, other)
        )
        return ours == theirs and self.ephemeral and bool(self.unit)


class Sockets(Probe[ListeningSocket]):
    """Read ``/proc/net``, so that the machine needs no tool; keys ``tcp/[::]:2379``.

    An address of the machine's own interfaces is ``own``, since clones of a machine have others.

    UDP has no listening state: every unconnected socket counts, except those on a port of the
    ephemeral range that a process holds, which are clients waiting for an answer (the kernel's
    own, such as WireGuard's, count). Addresses are read as little-endian machines write them.
    """

    section = "sockets"
    record: ClassVar[type[Record]] = ListeningSocket

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Explain a service that listens on as many ephemeral ports as before, on other numbers.

        JMX, RPC and the like name no port, and the kernel assigns one at each start. So is another
        path of the program that listens, where its unit's package was upgraded.
        """
        key = line.path.removeprefix(f"{cls.section}/")
        if key.endswith("/executable"):
            return cls._other_program(key.removesuffix("/executable"), before, after)
        was, now = before[cls].get(key), after[cls].get(key)
        socket = was or now
        if socket is None or (was and now):
            return ""
        gone, new = (
            [s for k, s in one[cls].items() if k not in two[cls] and s.resembles(socket)]
            for one, two in ((before, after), (after, before))
        )
        if not gone or len(gone) != len(new):
            return ""
        return f"{socket.unit} listens on a port that the kernel assigns at each start"

    @classmethod
    def _other_program(cls, key: str, before: Facts, after: Facts) -> str:
        was, now = before[cls].get(key), after[cls].get(key)
        if not (was and now) or (was.process, was.unit) != (now.process, now.unit):
            return ""
        unit = after[Services].get(now.unit)
        package = unit.package if unit else ""
        change = changed_package(package, before, after)
        return f"the program of {now.unit}, a unit of {package}, which {change}" if change else ""

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; reading the processes of others needs CAP_SYS_PTRACE."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, ListeningSocket]:
        """Return the sockets; a socket of several processes belongs to the lowest process id."""
        table = _table(output)
        sockets: dict[str, ListeningSocket] = {}
        for network, end_point, uid, inode in table.sockets:
            protocol, (address, port) = network[:3], _end_point(end_point)
            place = OWN if address in table.own else address
            if protocol == "udp" and inode != "0" and port in table.ephemeral:
                continue
            pid = table.holders.get(inode)
            name, executable, unit = table.processes.get(pid, ("", "", ""))
            key = f"{protocol}/{f'[{place}]' if ':' in place else place}:{port}"
            if key in sockets and (sockets[key].pid or 0) <= (pid or 0):
                continue
            sockets[key] = ListeningSocket(
                protocol=protocol,
                address=address,
                port=port,
                process=name,
                executable=executable,
                unit=unit,
                user=table.users.get(uid, uid),
                pid=pid,
                ephemeral=port in table.ephemeral or table.reserves(protocol, address, port, pid),
            )
        return sockets


def unreachable(
    before: Iterable[ListeningSocket], after: Iterable[ListeningSocket]
) -> tuple[str, ...]:
    """Return the loopback and unspecified addresses of one port that nothing covers any more.

    A client of 127.0.0.1 is refused by a socket on ::1. ``::`` covers every address, unless the
    program asks otherwise, which the kernel's table does not show.
    """
    now = {ipaddress.ip_address(socket.address) for socket in after}
    was = {ipaddress.ip_address(socket.address) for socket in before}
    both = ipaddress.ip_address("::") in now
    return tuple(
        sorted(
            str(address)
            for address in was
            if (address.is_loopback or address.is_unspecified) and address not in now and not both
            if not any(it.is_unspecified and it.version == address.version for it in now)
        )
    )


@dataclass
class _Table:
    """What the script prints, by inode, process id and user id."""

    sockets: list[list[str]] = field(default_factory=list)
    holders: dict[str, int] = field(default_factory=dict)
    processes: dict[int | None, tuple[str, str, str]] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    """Addresses of the machine's interfaces, loopback aside."""
    ephemeral: range = range(32768, 61000)
    """The kernel's default, ip(7)."""
    rpc: set[int] = field(default_factory=set)
    """Processes that use the library of Sun RPC."""

    def reserves(self, protocol: str, address: str, port: int, pid: int | None) -> bool:
        """Return whether bindresvport(3) chose a port: that of a client of RPC on this machine."""
        client = protocol == "udp" and ipaddress.ip_address(address).is_loopback
        return client and port in _RESERVED and pid in self.rpc


def _table(output: str) -> _Table:
    table = _Table()
    for cells in rows(clean(output)):
        match cells:
            case ["ephemeral", ports]:
                if match := _PORT_RANGE.fullmatch(ports):
                    table.ephemeral = range(int(match[1]), int(match[2]) + 1)
            case ["own", address]:
                table.own.add(address)
            case ["socket", _, end_point, _, _] if _END_POINT.fullmatch(end_point):
                table.sockets.append(cells[1:])
            case ["holder", inode, text] if (pid := number(text)) is not None:
                table.holders[inode] = min(pid, table.holders.get(inode, pid))
            case ["process", text, name, executable, *control_groups]:
                unit = unit_of("\n".join(control_groups))
                path = executable.removesuffix(" (deleted)")
                table.processes[number(text)] = (name, path, unit)
            case ["rpc", text] if (pid := number(text)) is not None:
                table.rpc.add(pid)
            case ["user", uid, name]:
                table.users.setdefault(uid, name)
    return table


def _end_point(text: str) -> tuple[str, int]:
    """Return address and port of ``0100007F:094C``; each word of an address is reversed.

    IPv4 in IPv6 is written as Python 3.13 does, so that the key is the same under every Python.
    """
    address, _, port = text.partition(":")
    words = (address[i : i + 8] for i in range(0, len(address), 8))
    packed = b"".join(bytes.fromhex(word)[::-1] for word in words)
    name = ipaddress.ip_address(packed)
    mapped = name.ipv4_mapped if isinstance(name, ipaddress.IPv6Address) else None
    return f"::ffff:{mapped}" if mapped else str(name), int(port, 16)
