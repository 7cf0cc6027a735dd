"""A small HTTP/1.1 server on asyncio: keep-alive, limits on all that a client sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import dataclass
from http import HTTPStatus
from ssl import SSLContext, SSLError
from typing import Any, Callable

MAXIMUM_HEAD_BYTES = 16_384
MAXIMUM_BODY_BYTES = 1_048_576
IDLE_S = 30.0
BACKLOG = 1024
"""How many clients may wait to be accepted: a thousand may connect at the same time."""


@dataclass(frozen=True)
class Request:
    """A request of a client."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def keeps_alive(self) -> bool:
        """Return whether the client wants to send more requests over this connection."""
        return self.headers.get("connection", "").lower() != "close"


@dataclass(frozen=True)
class Response:
    """The response to a request."""

    status: HTTPStatus
    body: bytes
    kind: str = "application/json"


Handler = Callable[[Request], Awaitable[Response]]


class BadRequestError(Exception):
    """A client sends something that is not a request, or too much."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


def plain(status: HTTPStatus, /, **values: Any) -> Response:
    """Return a response that holds a JSON object."""
    return Response(status, json.dumps(values, sort_keys=True).encode() + b"\n")


async def serve(
    host: str, port: int, handler: Handler, tls: SSLContext | None = None
) -> asyncio.AbstractServer:
    """Listen, and answer every client until the server is closed; with ``tls``, over TLS."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await _answer(reader, writer, handler):
                pass
        except (ConnectionError, SSLError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            pass  # the client closed the connection: it can't receive an error
        finally:
            writer.close()

    return await asyncio.start_server(
        client, host, port, ssl=tls, backlog=BACKLOG, limit=MAXIMUM_HEAD_BYTES
    )


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler
) -> bool:
    """Answer one request; return whether another one may follow."""
    try:
        request = await asyncio.wait_for(_read(reader), IDLE_S)
    except BadRequestError as error:
        await _write(writer, plain(error.status, error=error.status.phrase), keep_alive=False)
        return False
    if request is None:
        return False
    await _write(writer, await handler(request), keep_alive=request.keeps_alive)
    return request.keeps_alive


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """Return the next request, or None if the client sends no more."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.LimitOverrunError:
        raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from None
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != len(("GET", "/", "HTTP/1.1")) or not words[2].startswith("HTTP/1."):
        raise BadRequestError(HTTPStatus.BAD_REQUEST)
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if words[2] == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return Request(words[0], words[1].partition("?")[0], headers, await _body(reader, headers))


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdecimal():
        raise BadRequestError(HTTPStatus.LENGTH_REQUIRED)
    if int(length) > MAXIMUM_BODY_BYTES:
        raise BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return await reader.readexactly(int(length))


async def _write(writer: asyncio.StreamWriter, response: Response, *, keep_alive: bool) -> None:
    status = response.status
    writer.write(
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {response.kind}\r\n"
        f"Content-Length: {len(response.body)}\r\n"
        f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n".encode()
        + response.body
    )
    await writer.drain()
