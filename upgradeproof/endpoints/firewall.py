"""Try a port through the machine's packet filter: from this host, and from the machine itself."""

from __future__ import annotations

import shlex
import socket

from upgradeproof.endpoints.answer import TIMEOUT_S
from upgradeproof.machines import Machine
from upgradeproof.plan import Firewall

SILENCE_S = 10.0
"""How long a stopped port must stay silent; an emulated machine may take seconds to answer."""
_ASK_ITSELF = r"""
address=$(hostname -I | cut -d ' ' -f 1)
perl -MIO::Socket::INET -e '
  $SIG{PIPE} = "IGNORE"; alarm 20;
  my $peer = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1]) or exit 1;
  syswrite $peer, $ARGV[2];
  exit(sysread($peer, my $byte, 1) ? 0 : 1)' "$address" "$@"
"""


def answers(machine: Machine, port: Firewall, *, silence_s: float = SILENCE_S) -> bool:
    """Return whether a byte comes back from a port of the machine, asked from this host.

    An accepted connection proves nothing: the forwarder of a machine's ports accepts it
    before the machine is asked. Raises MachineError when the machine does not publish the port.
    """
    published = machine.published(port.port)
    limit_s = TIMEOUT_S if port.allowed else silence_s
    try:
        with socket.create_connection(("127.0.0.1", published), timeout=limit_s) as connection:
            connection.sendall(port.send.encode())
            return bool(connection.recv(1))
    except OSError:
        return False


def answers_itself(machine: Machine, port: Firewall) -> bool:
    """Return whether the port answers the machine itself, on the address that others ask.

    Only then does silence towards this host prove that the packet filter stops them.
    """
    arguments = shlex.join((str(port.port), port.send))
    return machine.run(f"set -- {arguments}\n{_ASK_ITSELF}").ok


def own_address(machine: Machine) -> str:
    """Return the address by which other machines reach this one; "": it has none."""
    return machine.run("hostname -I").text.partition(" ")[0].strip()
