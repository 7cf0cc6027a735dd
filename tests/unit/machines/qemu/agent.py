"""The real agent of a VM on this host, with a pseudo-terminal instead of its port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import as_file, files
from pathlib import Path

from upgradeproof.errors import ChannelError
from upgradeproof.machines.channel import Channel, Transport, end_session_script
from upgradeproof.machines.qemu.port import Port, PortShell

LIMIT_S = 10.0


def wait_until(what: str, ready: Callable[[], object], timeout_s: float = 5.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not ready():
        assert time.monotonic() < deadline, f"not after {timeout_s:g} s: {what}"
        time.sleep(0.005)


class AgentShells:
    """Start shells of this host through the agent, as a VM's machine does."""

    def __init__(self) -> None:
        self.started: list[PortShell] = []
        self.ready: list[str] = []
        """The boot ids that agents have reported."""
        self._master, self._slave = os.openpty()  # the far end stays open when an agent ends
        tty.setraw(self._slave)
        near, self._far = socket.socketpair()
        self.port = Port(near, "box", self.ready.append)
        self._threads = [
            threading.Thread(target=carry, daemon=True) for carry in (self._to_agent, self._to_host)
        ]
        for thread in self._threads:
            thread.start()
        self.agent = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start an agent, and wait until it has reported."""
        seen = len(self.ready)
        with as_file(files("upgradeproof.machines.qemu") / "agent.pl") as path:
            self.agent = subprocess.Popen(["perl", path, os.ttyname(self._slave)])
            wait_until("the agent has reported", lambda: len(self.ready) > seen)
        return self.agent

    def end_agent(self) -> None:
        self.agent.kill()
        self.agent.wait()

    def connect(self) -> Transport:
        self.started.append(self.port.open(2.0))
        return self.started[-1]

    def end_session(self, pid: int) -> None:
        other = Channel(self, "box")
        other.run(end_session_script(pid), timeout_s=LIMIT_S)
        other.close()
        self.started.pop()

    @property
    def pids(self) -> list[int]:
        """Return the processes that the agent has started."""
        text = Path(f"/proc/{self.agent.pid}/task/{self.agent.pid}/children").read_text()
        return [int(pid) for pid in text.split()]

    def kill(self) -> None:
        """Kill the newest shell and its processes, and wait until the host knows that it ended."""
        os.killpg(self.pids[-1], signal.SIGKILL)
        wait_until("the end of the shell is reported", lambda: not self.started[-1].arrived.empty())

    def send_to_host(self, data: bytes) -> None:
        """Send bytes to the host that the agent did not send."""
        self._far.sendall(data)

    def end(self) -> None:
        """End the agent, its shells and the processes in their sessions."""
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        self.end_agent()
        self.port.close()
        self._far.shutdown(socket.SHUT_RDWR)
        os.write(self._slave, b"\n")  # wakes the thread that reads the master
        for thread in self._threads:
            thread.join(5)
        for descriptor in (self._master, self._slave):
            os.close(descriptor)
        self._far.close()

    def _to_agent(self) -> None:
        with suppress(OSError):
            while data := self._far.recv(1 << 16):
                view = memoryview(data)
                while view:
                    view = view[os.write(self._master, view) :]

    def _to_host(self) -> None:
        with suppress(OSError):
            while data := os.read(self._master, 1 << 16):
                self._far.sendall(data)


class NoAgent:
    """A machine without an agent: nothing answers on its port."""

    def __init__(self) -> None:
        near, self.far = socket.socketpair()
        self.port = Port(near, "box", lambda _: None)

    def open_error(self, timeout_s: float) -> str:
        try:
            self.port.open(timeout_s)
        except ChannelError as error:
            return str(error)
        return ""

    def close(self) -> None:
        self.port.close()
        self.far.close()
