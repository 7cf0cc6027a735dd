"""The host's end of the channel into a VM: many shells over one virtio-serial port.

The protocol is that of ``agent.pl``, which is the machine's end.
"""

from __future__ import annotations

import itertools
import queue
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from upgradeproof.errors import ChannelError
from upgradeproof.machines.channel import CONNECT_TIMEOUT_S
from upgradeproof.machines.framing import Stream

CHUNK = 16384
"""Bytes of input in one line: under emulation the agent parses about 10 MB a second."""
RETRY_S = 2.0
"""When a shell is asked for again: the first question may have met a system that was going down."""
_END_TIMEOUT_S = 5.0
_STREAMS = {b"out": Stream.OUT, b"err": Stream.ERR}


class PortShell:
    """One shell on the machine: the channel's transport."""

    def __init__(
        self, port: Port, number: bytes, answers: queue.SimpleQueue[PortShell | None]
    ) -> None:
        self._port = port
        self._number = number
        self._answers = answers
        self.arrived: queue.SimpleQueue[tuple[Stream, bytes] | None] = queue.SimpleQueue()
        self.opened = False

    def answer(self) -> None:
        """Report to the thread that asked for this shell that it exists."""
        self.opened = True
        self._answers.put(self)

    def end(self) -> None:
        """Report to the threads that wait for this shell or its output that it is gone."""
        self.arrived.put(None)
        self._answers.put(None)

    def send(self, data: bytes) -> None:
        """Send all bytes to the shell. Raises OSError when the machine is gone."""
        for at in range(0, len(data), CHUNK):
            self._port.send_line(b"in", self._number, data[at : at + CHUNK].hex().encode())

    def receive(self, timeout_s: float) -> tuple[Stream, bytes]:
        """Return the next bytes. Raises TimeoutError, or EOFError when the shell is gone."""
        try:
            found = (
                self.arrived.get(timeout=timeout_s) if timeout_s > 0 else self.arrived.get_nowait()
            )
        except queue.Empty:
            raise TimeoutError from None
        if found is None:
            self.arrived.put(None)
            raise EOFError
        return found

    def close(self) -> None:
        """End the shell's input; never raises."""
        self._port.forget(self._number)
        with suppress(OSError):
            self._port.send_line(b"close", self._number)


class Port:
    """Transport the shells of one machine, also through its reboots."""

    def __init__(
        self, connection: socket.socket, name: str, on_ready: Callable[[str], None]
    ) -> None:
        """Talk over a connected socket; ``on_ready`` gets the boot id of an agent that reports."""
        self._socket = connection
        self._on_ready = on_ready
        self._name = name
        self._numbers = itertools.count(secrets.randbits(40))
        self._shells: dict[bytes, PortShell] = {}
        self._lock = threading.Lock()
        self._half_sent = False
        self._ended = False
        self.limit_sending(CONNECT_TIMEOUT_S)
        self._thread = threading.Thread(target=self._read, name=f"port {name}", daemon=True)
        self._thread.start()

    def limit_sending(self, timeout_s: float) -> None:
        """Set how long a machine that hangs may block a write; a read has no limit."""
        limit = struct.pack("ll", int(timeout_s), int(timeout_s % 1 * 1e6))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def send_line(self, *words: bytes) -> None:
        """Send one line to the agent. Raises OSError when QEMU is gone, or takes no more."""
        with self._lock:
            line = b" ".join(words) + b"\n"
            try:
                self._socket.sendall(b"\n" + line if self._half_sent else line)
                self._half_sent = False
            except BlockingIOError:
                self._half_sent = True
                raise

    def open(self, timeout_s: float = CONNECT_TIMEOUT_S) -> PortShell:
        """Start a shell. Raises ChannelError when no agent answers in time.

        The request is repeated, and the first shell that comes is taken: on a busy machine that is
        the answer to an earlier request.
        """
        deadline = time.monotonic() + timeout_s
        answers: queue.SimpleQueue[PortShell | None] = queue.SimpleQueue()
        asked: list[PortShell] = []
        found: PortShell | None = None
        while not found and (left := deadline - time.monotonic()) > 0 and not self._ended:
            number = str(next(self._numbers)).encode()
            self._shells[number] = PortShell(self, number, answers)
            asked.append(self._shells[number])
            try:
                self.send_line(b"open", number)
                found = answers.get(timeout=min(left, RETRY_S))
            except queue.Empty:
                continue
            except OSError:
                break
        for shell in asked:
            if shell is not found:
                shell.close()
        if found:
            return found
        raise ChannelError(
            f"no agent answers on {self._name}",
            details="QEMU is gone" if self._ended else f"waited {timeout_s:g} s",
            resolution="see console.log in the evidence: did the machine boot?",
        )

    def cut(self) -> None:
        """End every shell after a reset of the machine. A requested shell may still come."""
        for number, shell in tuple(self._shells.items()):
            if shell.opened or self._ended:
                self._end(number)

    def forget(self, number: bytes) -> None:
        """Drop all further output of a shell."""
        self._shells.pop(number, None)

    def close(self) -> None:
        """Close the connection to the machine; never raises."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(_END_TIMEOUT_S)

    def _end(self, number: bytes) -> None:
        if shell := self._shells.pop(number, None):
            shell.end()

    def _read(self) -> None:
        with suppress(OSError, ValueError), self._socket.makefile("rb") as lines:
            for line in lines:
                self._take(line.split())
        self._ended = True
        self.cut()

    def _take(self, words: list[bytes]) -> None:
        """Take one line; a line that is not of the protocol was cut by a reset."""
        # Another thread can drop a shell at any time.
        match words:
            case [(b"out" | b"err") as stream, number, data] if shell := self._shells.get(number):
                with suppress(ValueError):
                    content = bytes.fromhex(data.decode("ascii", "replace"))
                    shell.arrived.put((_STREAMS[stream], content))
            case [b"opened", number, _] if shell := self._shells.get(number):
                shell.answer()
            case [b"end", number, _]:
                self._end(number)
            case [b"ready", boot]:
                self.cut()
                self._on_ready(boot.decode("ascii", "replace"))
