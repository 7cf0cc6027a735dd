"""QEMU's monitor: JSON lines over a socket that no other process can reach."""

from __future__ import annotations

import itertools
import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from upgradeproof.errors import MachineError

ENDED = (
    "QEMU's own lines are the last of console.log in the evidence: was it killed, or out of memory?"
)
"""What to do where QEMU itself is gone."""
ANSWER_TIMEOUT_S = 30.0
"""Limit of one command: the slowest, the writing of a disk's overlay, takes under a second."""
_END_TIMEOUT_S = 5.0

OnEvent = Callable[[str, Mapping[str, Any]], None]


class Monitor:
    """Give commands to one QEMU, and receive its events.

    A thread of its own reads: an event is passed on as it happens, also while a command waits.
    """

    def __init__(
        self,
        connection: socket.socket,
        name: str,
        on_event: OnEvent,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        """Talk over a connected socket; ``on_event`` is called in the reading thread."""
        self._socket = connection
        self._name = name
        self._on_event = on_event
        self._timeout_s = timeout_s
        self._answers: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._thread = threading.Thread(target=self._read, name=f"monitor {name}", daemon=True)
        self._thread.start()

    def greet(self) -> None:
        """Leave the monitor's negotiation mode. Raises MachineError when QEMU does not answer."""
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: Any) -> Any:
        """Return what a command returns. Raises MachineError with QEMU's own words."""
        with self._lock:
            number = next(self._numbers)
            request = {
                "execute": command,
                "arguments": {k.replace("_", "-"): v for k, v in arguments.items()},
                "id": number,
            }
            try:
                self._socket.sendall(json.dumps(request).encode() + b"\n")
                answer = self._answer(number)
            except queue.Empty:
                raise MachineError(
                    f"QEMU did not answer {command!r} of {self._name} in {self._timeout_s:g} s"
                ) from None
            except OSError as error:
                raise self._gone(command, str(error)) from None
        if answer is None:
            self._answers.put(None)  # the next command meets the end, too
            raise self._gone(command, "")
        if "error" in answer:
            words = str(answer["error"].get("desc", answer["error"]))
            raise MachineError(f"QEMU refused {command!r} of {self._name}", details=words)
        return answer["return"]

    def close(self) -> None:
        """Close the monitor; never raises."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(_END_TIMEOUT_S)

    def _answer(self, number: int) -> Mapping[str, Any] | None:
        """Return the answer of one command; late answers to earlier ones are skipped."""
        deadline = time.monotonic() + self._timeout_s
        while True:
            answer = self._answers.get(timeout=max(deadline - time.monotonic(), 0))
            if answer is None or answer.get("id") == number:
                return answer

    def _gone(self, command: str, details: str) -> MachineError:
        return MachineError(
            f"QEMU of {self._name} ended; its last command was {command!r}",
            details=details,
            resolution=ENDED,
        )

    def _read(self) -> None:
        with suppress(OSError, ValueError), self._socket.makefile("rb") as lines:
            for line in lines:
                message = json.loads(line)
                if "event" in message:
                    self._on_event(message["event"], message.get("data", {}))
                elif "return" in message or "error" in message:
                    self._answers.put(message)
        self._answers.put(None)
