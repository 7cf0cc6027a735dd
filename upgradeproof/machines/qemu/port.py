"""The host's end of the channel into a VM: many shells over one virtio-serial port.

The protocol is that of ``agent.pl``, which is the machine's end.
"""

from __future__ import annotations

import itertools
import queue
import secrets
import socket
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
_STREAMS = {b"out": Stream.OUT, b"err": Stream.ERR}


class PortShell:
    """One shell on the machine: the channel's transport."""

    def __init__(self, port: Port, number: bytes) -> None:
        self._port = port
        self._number = number
        self.arrived: queue.SimpleQueue[tuple[Stream, bytes] | None] = queue.SimpleQueue()

    def send(self, data: bytes) -> None:
        """Send all bytes to the shell. Raises OSError when the machine is gone."""
        for at in range(0, len(data), CHUNK):
            self._port.say(b"in", self._number, data[at : at + CHUNK].hex().encode())

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
            self._port.say(b"close", self._number)


class Port:
    """Carry the shells of one machine, through reboots of it."""

    def __init__(
        self, connection: socket.socket, name: str, on_ready: Callable[[str], None]
    ) -> None:
        """Talk over a connected socket; ``on_ready`` gets the boot id of an agent that reports."""
        self._socket = connection
        self._on_ready = on_ready
        self._name = name
        self._numbers = itertools.count(secrets.randbits(40))
        self._shells: dict[bytes, PortShell] = {}
        self._opened: dict[bytes, threading.Event] = {}
        self._lock = threading.Lock()
        self._ended = False
        threading.Thread(target=self._read, name=f"port {name}", daemon=True).start()

    def say(self, *words: bytes) -> None:
        """Send one line to the agent. Raises OSError when QEMU is gone."""
        with self._lock:
            self._socket.sendall(b" ".join(words) + b"\n")

    def open(self, timeout_s: float = CONNECT_TIMEOUT_S) -> PortShell:
        """Start a shell. Raises ChannelError when no agent answers in time."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0 and not self._ended:
            number = str(next(self._numbers)).encode()
            shell = self._shells[number] = PortShell(self, number)
            opened = self._opened[number] = threading.Event()
            try:
                self.say(b"open", number)
            except OSError:
                break
            if opened.wait(min(left, RETRY_S)):
                return shell
            shell.close()
        raise ChannelError(
            f"no agent answers on {self._name}",
            details="QEMU is gone" if self._ended else f"waited {timeout_s:g} s",
            resolution="see console.log in the evidence: did the machine boot?",
        )

    def cut(self) -> None:
        """End every shell: the machine was reset under them. One that is asked for may yet come."""
        for number, opened in tuple(self._opened.items()):
            if opened.is_set() or self._ended:
                self._end(number)

    def forget(self, number: bytes) -> None:
        """Drop whatever else a shell says."""
        self._shells.pop(number, None)
        self._opened.pop(number, None)

    def close(self) -> None:
        """Let go of the machine; never raises."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _end(self, number: bytes) -> None:
        if shell := self._shells.pop(number, None):
            shell.arrived.put(None)
        self._opened.pop(number, None)

    def _read(self) -> None:
        with suppress(OSError, ValueError), self._socket.makefile("rb") as lines:
            for line in lines:
                self._take(line.split())
        self._ended = True
        self.cut()

    def _take(self, words: list[bytes]) -> None:
        """Take one line; what is none of the protocol's was cut in half by a reset."""
        match words:
            case [(b"out" | b"err") as stream, number, data] if number in self._shells:
                with suppress(ValueError):
                    content = bytes.fromhex(data.decode("ascii", "replace"))
                    self._shells[number].arrived.put((_STREAMS[stream], content))
            case [b"opened", number, _] if number in self._opened:
                self._opened[number].set()
            case [b"end", number, _]:
                self._end(number)
            case [b"ready", boot]:
                self.cut()
                self._on_ready(boot.decode("ascii", "replace"))
