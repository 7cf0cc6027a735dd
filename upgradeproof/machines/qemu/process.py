"""One running QEMU: its process, and the three sockets that no other process can reach."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from upgradeproof.errors import MachineError
from upgradeproof.machines.qemu.hardware import PROGRAMS, Accelerator, Hardware, Wiring, argv
from upgradeproof.machines.qemu.life import Kind, Life
from upgradeproof.machines.qemu.port import Port
from upgradeproof.machines.qemu.qmp import Monitor
from upgradeproof.plan.images import Architecture

MIGRATION_TIMEOUT_S = 60.0
"""Limit for a memory to be written or read: 0.4 s were measured for 200 MB."""
_LOG = "qemu.log"
_FORWARD = re.compile(r"TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)")


class Process:
    """Run QEMU, and end it."""

    def __init__(
        self, name: str, hardware: Hardware, accelerator: Accelerator, wiring: Wiring, folder: Path
    ) -> None:
        """Start QEMU; ``wiring``'s descriptors are made here. Raises MachineError if it ends."""
        self.name = name
        self.life = Life()
        self._folder = folder
        self._open = ExitStack()
        with ExitStack() as far_ends:
            monitor, monitor_far = self._pair(far_ends)
            channel, channel_far = self._pair(far_ends)
            console, console_far = self._pair(far_ends)
            far = [each.fileno() for each in (monitor_far, channel_far, console_far)]
            wired = replace(wiring, monitor=far[0], channel=far[1], console=far[2])
            self._popen = self._started(argv(hardware, accelerator, wired), far)
        self.monitor = Monitor(monitor, name, self._on_event)
        self.port = Port(channel, name, lambda boot: self.life.note(Kind.READY, boot))
        self._console = threading.Thread(
            target=self._listen, args=(console,), name=f"console {name}", daemon=True
        )
        self._console.start()
        try:
            self.monitor.greet()
        except MachineError:
            self.kill()
            raise MachineError(
                f"QEMU could not start {name}", details=self.log, resolution=_advice(self.log)
            ) from None
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        """Return QEMU's process id."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Return whether QEMU runs; one that has closed its console is about to end."""
        gone = any(sign.kind is Kind.GONE for sign in self.life.since(0))
        return not gone and self._popen.poll() is None

    @property
    def log(self) -> str:
        """Return what QEMU itself printed."""
        with suppress(OSError):
            return (self._folder / _LOG).read_text(encoding="utf-8", errors="replace").strip()
        return ""

    def forwards(self) -> Mapping[int, int]:
        """Return this host's port by the machine's port."""
        table = self.monitor.execute("human-monitor-command", command_line="info usernet")
        return {int(inner): int(outer) for outer, inner in _FORWARD.findall(table)}

    def save_memory(self, path: Path) -> None:
        """Write memory and devices of the stopped machine to a file. Raises MachineError."""
        try:
            self._migrate("migrate", path)
        except MachineError as error:
            path.unlink(missing_ok=True)  # the disk is likely full: free what was written
            raise MachineError(
                f"the memory of {self.name} could not be written",
                details=self._details(error),
                resolution="is the disk full?",
            ) from None

    def load_memory(self, path: Path) -> None:
        """Read what ``save_memory`` wrote; the machine is paused until ``resume``.

        Raises MachineError; a QEMU that can't read it ends.
        """
        try:
            self._migrate("migrate-incoming", path)
        except MachineError as error:
            raise MachineError(
                f"the memory of {self.name} could not be read",
                details=self._details(error),
                resolution="`upgradeproof prune --states`, and run again: it is then made again",
            ) from None

    def wait(self) -> None:
        """Wait for the end of a QEMU whose machine is off."""
        self._popen.wait()

    def kill(self) -> None:
        """End QEMU and close all connections; never raises."""
        with suppress(ProcessLookupError):
            self._popen.kill()
        self._popen.wait()
        self.monitor.close()
        self.port.close()
        self._console.join(timeout=5)
        self._open.close()

    def _migrate(self, command: str, path: Path) -> None:
        """Start a migration and wait for its end. Raises MachineError with QEMU's message."""
        deadline = time.monotonic() + MIGRATION_TIMEOUT_S
        capabilities = [{"capability": "mapped-ram", "state": True}]
        self.monitor.execute("migrate-set-capabilities", capabilities=capabilities)
        self.monitor.execute(command, uri=f"file:{path}")
        while (state := self._migration()).get("status") != "completed":
            if state.get("status") in ("failed", "cancelled") or time.monotonic() > deadline:
                problem = str(state.get("error-desc", state.get("status")))
                raise MachineError(f"{command} of {self.name} failed", details=problem)
            time.sleep(0.01)  # QEMU sends no event at the end of a migration

    def _details(self, error: MachineError) -> str:
        return "\n".join(filter(None, [error.details or error.brief, self.log]))

    def _migration(self) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self.monitor.execute("query-migrate")
        return answer

    def _pair(self, far_ends: ExitStack) -> tuple[socket.socket, socket.socket]:
        near, far = socket.socketpair()
        self._open.callback(near.close)
        far_ends.callback(far.close)
        return near, far

    def _started(self, words: Sequence[str], inherited: Sequence[int]) -> subprocess.Popen[bytes]:
        """Start QEMU. It ends with the thread that starts it, even if that is killed."""
        try:
            with (self._folder / _LOG).open("wb") as log:
                return subprocess.Popen(
                    ("setpriv", "--pdeathsig", "KILL", *words),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=inherited,
                    start_new_session=True,  # Ctrl-C is ours to answer
                )
        except OSError as error:
            self._open.close()
            raise MachineError(f"QEMU could not start {self.name}", details=str(error)) from None

    def _on_event(self, event: str, data: Mapping[str, Any]) -> None:
        if event == "RESET":
            self.life.note(Kind.RESET)
        elif event == "BLOCK_IO_ERROR" and data.get("action") == "stop":
            self.life.note(Kind.STOPPED, str(data.get("reason", "")))
        else:
            return
        self.port.cut()

    def _listen(self, console: socket.socket) -> None:
        with suppress(OSError):
            while data := console.recv(1 << 16):
                if self.life.feed(data):
                    self.port.cut()  # commands that wait for an answer end at once
        self.life.note(Kind.GONE)


def missing(architecture: Architecture) -> str | None:
    """Return the program that this host lacks for machines of an architecture, or None."""
    needed = (PROGRAMS[architecture], "qemu-img", "setpriv")
    return next((name for name in needed if shutil.which(name) is None), None)


def _advice(log: str) -> str:
    if "No space left" in log:
        return "the disk is full: free space; `upgradeproof prune --states` removes cached states"
    if "Could not open" in log or "not in qcow2 format" in log or "Image is corrupt" in log:
        return "a disk is damaged or gone: `upgradeproof prune --states`, and run again"
    if "memory" in log:
        return "too little memory is free for another machine"
    return "QEMU's own messages are above"
