"""A real `sh` of this host for the protocols of the channel: pipes instead of an engine."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from contextlib import suppress

from upgradeproof.errors import ChannelError
from upgradeproof.machines.channel import Transport, end_session_script
from upgradeproof.machines.framing import Stream


class PipeTransport:
    """A shell on three pipes, the leader of its own session."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self.process = subprocess.Popen(
            ["/bin/sh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert self.process.stdin
        assert self.process.stdout
        assert self.process.stderr
        self._stdin = self.process.stdin
        self._selector = selectors.DefaultSelector()
        for stream, pipe in ((Stream.OUT, self.process.stdout), (Stream.ERR, self.process.stderr)):
            self._selector.register(pipe, selectors.EVENT_READ, stream)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._stdin.fileno(), view) :]

    def receive(self, timeout_s: float) -> tuple[Stream, bytes]:
        while self._selector.get_map():
            ready = self._selector.select(timeout_s)
            if not ready:
                raise TimeoutError
            key, _ = ready[0]
            if data := os.read(key.fd, self._largest):
                return key.data, data
            self._selector.unregister(key.fileobj)  # the other pipe may still have output
        raise EOFError

    def wait_for_bytes(self) -> None:
        """Wait until the shell has printed something that was not received yet."""
        assert self._selector.select(5)

    def close(self) -> None:
        self._selector.close()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                with suppress(OSError):
                    pipe.close()


class LocalShells:
    """Start shells on this host, and record them, so that a test can kill one."""

    def __init__(self, largest: int = 1 << 16) -> None:
        self.largest = largest
        """The number of bytes that the transport returns at once."""
        self.started: list[PipeTransport] = []

    def connect(self) -> Transport:
        self.started.append(PipeTransport(self.largest))
        return self.started[-1]

    def end_session(self, pid: int) -> None:
        subprocess.run(["/bin/sh", "-c", end_session_script(pid)], check=True, timeout=10)

    def kill(self) -> None:
        """Kill the shell that is in use, with its processes."""
        os.killpg(self.started[-1].process.pid, signal.SIGKILL)
        self.started[-1].process.wait()

    def end(self) -> None:
        """End every shell with the processes in its session."""
        for transport in self.started:
            with suppress(ProcessLookupError):
                os.killpg(transport.process.pid, signal.SIGKILL)
            transport.process.wait()
            transport.close()


class NoShells:
    """A machine on which no shell starts, or a program that prints ``output`` instead."""

    def __init__(self, output: bytes | None) -> None:
        self._output = output
        self.closed = 0

    def connect(self) -> Transport:
        if self._output is None:
            raise ChannelError("no shell on the machine")
        return self

    def send(self, data: bytes) -> None:
        pass

    def receive(self, timeout_s: float) -> tuple[Stream, bytes]:
        if not self._output:
            raise EOFError
        output, self._output = self._output, b""
        return Stream.OUT, output

    def close(self) -> None:
        self.closed += 1

    def end_session(self, pid: int) -> None:
        raise AssertionError("no shell ever answered: there is no session to end")
