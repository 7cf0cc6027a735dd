"""Ask an endpoint on its published port, from this host."""

from __future__ import annotations

import socket
import ssl

import urllib3

from upgradeproof.administrator import log_in
from upgradeproof.endpoints.answer import LARGEST_BODY, TIMEOUT_S, Answer
from upgradeproof.machines import Machine
from upgradeproof.plan import Endpoint


def ask_from_here(machine: Machine, endpoint: Endpoint, port: int) -> Answer:
    """Ask once. Raises MachineError when the machine does not publish the port."""
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
    """Log in and run the endpoint's command, which must end as the plan requires."""
    user = endpoint.user or "root"
    done = log_in(machine, port, endpoint.send, user)
    if done.exit_status == endpoint.exit_status:
        return Answer(body=done.text)
    how = f"exit status {done.exit_status} as {user}"
    return Answer(body=done.text, problem="\n".join(filter(None, (how, done.tail))))


def _tcp(endpoint: Endpoint, port: int) -> Answer:
    """Send, and read until the text that is expected, or any byte where none is.

    That a connection is accepted is no answer: the forwarder of a machine's ports accepts it.
    """
    received, expected = b"", endpoint.contains.encode()
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        connection.sendall(endpoint.send.encode())
        while len(received) < LARGEST_BODY and not (received and expected in received):
            data = connection.recv(1 << 16)
            if not data:
                break
            received += data
    problem = "" if received else "the connection was closed without an answer"
    return Answer(body=received.decode("utf-8", "replace"), problem=problem)
