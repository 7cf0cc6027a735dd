"""The transport of the channel into a container: the engine's exec, and its framing."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any

from docker.models.containers import Container

from upgradeproof.errors import ChannelError
from upgradeproof.machines.channel import CONNECT_TIMEOUT_S
from upgradeproof.machines.engine import DockerEngine, EngineError
from upgradeproof.machines.framing import Stream


class ExecTransport:
    """One shell started by the engine in a container, on a hijacked connection."""

    def __init__(self, container: Container, engine: DockerEngine) -> None:
        api = engine.client().api
        try:
            engine.require_listener()
            started = api.exec_create(container.id, ["/bin/sh"], stdin=True)
            self._response = api.exec_start(started["Id"], socket=True)
        except (*EngineError, OSError) as error:
            raise ChannelError(
                f"no shell can be started on {container.name}{engine.on}",
                details=str(getattr(error, "explanation", None) or error),
                resolution="see the machine's log in the evidence: was it stopped or killed?",
            ) from None
        self._socket: Any = getattr(self._response, "_sock", self._response)
        self._buffer = bytearray()

    def send(self, data: bytes) -> None:
        """Send all bytes to the shell."""
        self._socket.settimeout(CONNECT_TIMEOUT_S)
        self._socket.sendall(data)

    def receive(self, timeout_s: float) -> tuple[Stream, bytes]:
        """Return one frame of the engine's multiplexed stream: kind, length, bytes."""
        self._socket.settimeout(max(timeout_s, 0.0))
        while (frame := self._frame()) is None:
            try:
                received = self._socket.recv(1 << 16)
            except BlockingIOError:
                raise TimeoutError from None
            if not received:
                raise EOFError
            self._buffer += received
        return frame

    def _frame(self) -> tuple[Stream, bytes] | None:
        header = 8
        if len(self._buffer) < header:
            return None
        kind, length = struct.unpack(">BxxxL", self._buffer[:header])
        if len(self._buffer) < header + length:
            return None
        body = bytes(self._buffer[header : header + length])
        del self._buffer[: header + length]
        return Stream(kind), body

    def close(self) -> None:
        """Close the connection; the engine then ends the shell's input.

        The HTTP response is first: closed after its file, it writes an error when it is collected
        (Python 3.13, and before that in development mode).
        """
        response = getattr(self._response, "_response", self._response)
        for part in (response, self._socket, self._response):
            with suppress(*EngineError, OSError):
                part.close()
