"""Ask a machine's service on its published port, from this host, as a client would."""

from __future__ import annotations

import shlex
import socket
import ssl
from dataclasses import dataclass

import urllib3

from upgradeproof.administrator import log_in
from upgradeproof.machines import Machine
from upgradeproof.plan import Endpoint, Firewall

TIMEOUT_S = 20.0
"""Limit of one answer: a machine may stand still for seconds while its disk is being kept."""
LARGEST_BODY = 1 << 20
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


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: a status where the protocol has one, the body, or why there is none."""

    status: int | None = None
    body: str = ""
    problem: str = ""

    def fits(self, endpoint: Endpoint) -> bool:
        """Tell whether this is what the plan says the endpoint gives."""
        if self.problem or endpoint.gives not in self.body:
            return False
        return self.status in (None, endpoint.status)


def ask(machine: Machine, endpoint: Endpoint, port: int) -> Answer:
    """Ask once and return the answer; what the service does wrong is an answer, no exception.

    Raises MachineError when the machine itself is not there or does not publish the port.
    """
    published = machine.published(port)
    certificate = authority(machine, endpoint)
    try:
        if endpoint.kind == "tcp":
            return _tcp(endpoint, published)
        if endpoint.kind == "ssh":
            return _ssh(machine, endpoint, published)
        return _http(endpoint, published, certificate)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:  # a CA's file may be any
        return Answer(problem=f"{type(error).__name__}: {error}")


def authority(machine: Machine, endpoint: Endpoint) -> str:
    """Return the certificate of the endpoint's ``ca``, in PEM; "": this host's own store.

    What is not ASCII in such a file is a comment. Raises MachineError when it is not there.
    """
    return machine.get(endpoint.ca).decode("ascii", "ignore") if endpoint.ca else ""


def _http(endpoint: Endpoint, port: int, certificate: str) -> Answer:
    limits = urllib3.Timeout(total=TIMEOUT_S)
    pool: urllib3.HTTPConnectionPool
    if endpoint.kind == "https":
        context = ssl.create_default_context(cadata=certificate or None)
        pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            port,
            timeout=limits,
            ssl_context=context,
            server_hostname=endpoint.host,
            assert_hostname=endpoint.host,
        )
    else:
        pool = urllib3.HTTPConnectionPool("127.0.0.1", port, timeout=limits)
    with pool:
        response = pool.request(
            "GET",
            endpoint.path,
            headers={"Host": endpoint.host},
            retries=False,
            preload_content=False,
        )
        body = response.read(LARGEST_BODY).decode("utf-8", "replace")
        response.release_conn()
    return Answer(status=response.status, body=body)


def _ssh(machine: Machine, endpoint: Endpoint, port: int) -> Answer:
    """Log in and run the endpoint's command; its exit status must be 0, as the plan's default."""
    done = log_in(machine, port, endpoint.send)
    return Answer(body=done.text, problem="" if done.ok else done.tail or "ssh failed")


def _tcp(endpoint: Endpoint, port: int) -> Answer:
    """Send, and read until the text that is expected, or any byte where none is.

    That a connection is accepted is no answer: the forwarder of a machine's ports accepts it.
    """
    received, expected = b"", endpoint.gives.encode()
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        connection.sendall(endpoint.send.encode())
        while len(received) < LARGEST_BODY and not (received and expected in received):
            data = connection.recv(1 << 16)
            if not data:
                break
            received += data
    problem = "" if received else "the connection was closed without an answer"
    return Answer(body=received.decode("utf-8", "replace"), problem=problem)


def answers(machine: Machine, port: Firewall, *, silence_s: float = SILENCE_S) -> bool:
    """Tell whether a byte comes back from a port of the machine, asked from this host.

    That a connection is accepted says nothing: the forwarder of a machine's ports accepts it
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
    """Tell whether the port answers the machine itself, on the address that others ask.

    Only then does silence towards this host prove that the packet filter stops them.
    """
    arguments = shlex.join((str(port.port), port.send))
    return machine.run(f"set -- {arguments}\n{_ASK_ITSELF}").ok
