"""Clients that ask an endpoint over one connection, opened when it is first needed.

They have no time limit: their user sets one, and closes the client when it is over.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from contextlib import suppress
from typing import Protocol

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from upgradeproof.plan import Endpoint
from upgradeproof.prober.orders import Question

HOST = "127.0.0.1"
"""The only address, regardless of an endpoint's name: that of published ports on this host."""
CHUNK = 1 << 16
LARGEST_BODY = 1 << 20
"""How much of an answer is read."""
UNEXPECTED = "not the answer that the plan expects"
FAULTS = (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError)
"""What a client raises when there is no answer."""


class Client(Protocol):
    """One connection."""

    def ask(self) -> str:
        """Ask once and return what is wrong with the answer, or "". Raises one of FAULTS."""
        ...

    def close(self) -> None:
        """Close the connection; the next request opens it again."""
        ...


def trust(question: Question) -> ssl.SSLContext | None:
    """Return the context that checks certificates; None: the endpoint uses no TLS."""
    if question.endpoint.kind != "https":
        return None
    return ssl.create_default_context(cadata=question.certificate or None)


def client(endpoint: Endpoint, port: int, context: ssl.SSLContext | None) -> Client:
    """Return a client of the endpoint's kind."""
    if endpoint.kind == "tcp":
        return TcpClient(endpoint, port)
    return HttpClient(endpoint, port, context)


class HttpClient:
    """Ask over HTTP or HTTPS.

    A connection that the server announced to close is opened again, as every client does. One that
    was closed without notice fails its next request: no client can know whether it was served.
    """

    def __init__(self, endpoint: Endpoint, port: int, context: ssl.SSLContext | None) -> None:
        self._endpoint = endpoint
        self._connection = (
            HTTPSConnection(HOST, port, ssl_context=context, server_hostname=endpoint.host)
            if context
            else HTTPConnection(HOST, port)
        )

    def ask(self) -> str:
        """Ask for the path and read the whole answer."""
        endpoint = self._endpoint
        headers = {"Host": endpoint.host}
        self._connection.request("GET", endpoint.path, headers=headers, preload_content=False)
        response = self._connection.getresponse()
        body = b""
        for chunk in response.stream(CHUNK):
            body += chunk if len(body) < LARGEST_BODY else b""
        if response.status != endpoint.status:
            return f"status {response.status}"
        return "" if endpoint.contains.encode() in body else UNEXPECTED

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class TcpClient:
    """Send the request of the plan, and read until its answer has come."""

    def __init__(self, endpoint: Endpoint, port: int) -> None:
        self._endpoint = endpoint
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self) -> str:
        """Send, and read until the text that is expected, or any byte where none is."""
        if self._socket is None:
            self._socket = socket.create_connection((HOST, self._port))
        _pass_over_what_is_left(self._socket)
        self._socket.sendall(self._endpoint.send.encode())
        expected = self._endpoint.contains.encode()
        received = b""
        while not received or expected not in received:
            received += _receive(self._socket)
            if len(received) > LARGEST_BODY:
                self.close()
                return UNEXPECTED
        return ""

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _pass_over_what_is_left(connection: socket.socket) -> None:
    """Read the rest of the last answer from a connection: the next request must not get it."""
    connection.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            _receive(connection)
    connection.setblocking(True)


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(CHUNK)
    if not data:
        raise ConnectionResetError(errno.ECONNRESET, "the connection was closed")
    return data
