"""One request to another server, over HTTP/1.0: each request has a connection of its own."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import Any, cast
from urllib.parse import urlsplit

from lighthouse.release import VERSION

TIMEOUT_S = 2.0
"""Limit of a whole answer, from the connection to its last byte."""
MAXIMUM_ANSWER_BYTES = 65_536
_SCHEME = "http://"


class NoAnswerError(Exception):
    """The server did not answer, or its answer can't be used: a status of 5xx counts as none."""


@dataclass(frozen=True)
class Answer:
    """The answer of a server."""

    status: int
    body: bytes

    @property
    def good(self) -> bool:
        """Return whether the request succeeded: a status of 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


async def ask(url: str, body: bytes | None = None) -> Answer:
    """GET a URL, or POST JSON to it, and return the answer. Raises NoAnswerError, with a cause."""
    try:
        return await asyncio.wait_for(_exchange(url, body), TIMEOUT_S)
    except asyncio.TimeoutError:
        raise NoAnswerError(f"no answer within {TIMEOUT_S:g} s") from None
    except (OSError, HTTPException, ValueError) as error:  # ValueError: the host is invalid
        raise NoAnswerError(str(error) or type(error).__name__) from None


async def _exchange(url: str, body: bytes | None) -> Answer:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        writer.write(_request(parts.netloc, url[len(_SCHEME) + len(parts.netloc) :] or "/", body))
        return _answer(await _all(reader))
    finally:
        writer.close()


def _request(host: str, target: str, body: bytes | None) -> bytes:
    lines = [
        f"{'GET' if body is None else 'POST'} {target} HTTP/1.0",
        f"Host: {host}",
        f"User-Agent: lighthouse/{VERSION}",
        "Connection: close",
    ]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join((*lines, "", "")).encode("ascii") + (body or b"")


async def _all(reader: asyncio.StreamReader) -> bytes:
    """Return all that the server sends. Raises NoAnswerError if it sends too much."""
    try:
        await reader.readexactly(MAXIMUM_ANSWER_BYTES + 1)
    except asyncio.IncompleteReadError as error:
        return error.partial
    raise NoAnswerError(f"an answer of more than {MAXIMUM_ANSWER_BYTES} bytes")


class _Received:
    """What was received, in the form that the library's parser needs: a socket that can be read."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self._content)


def _answer(content: bytes) -> Answer:
    response = HTTPResponse(cast("Any", _Received(content)))
    response.begin()
    answer = Answer(response.status, response.read())
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise NoAnswerError(f"status {answer.status}")
    return answer
