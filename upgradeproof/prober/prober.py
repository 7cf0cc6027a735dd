"""Control the prober: begin its process, end it, and read its recordings."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import IO, cast

import upgradeproof
from upgradeproof.command import TAIL_LINES
from upgradeproof.errors import LoadError
from upgradeproof.files import temporary
from upgradeproof.prober.orders import BEGAN, Orders
from upgradeproof.prober.recording import Recording

PYTHON = (sys.executable, "-P")
COMMAND = ("-m", "gevent.monkey", "--module", "upgradeproof.prober.process")
START_S = 30.0
"""What the process gets to start, and to end, on a host that is busy."""


class Prober(AbstractContextManager["Prober"]):
    """Carry out orders from ``begin`` until ``end``, in a process of its own.

    The process starts with the context: its imports take a second, in which the harness goes on. It
    reads its standard input: when that ends, because we close it or are killed, it finishes its
    recordings and ends, too. It is in a session of its own, so that a Ctrl-C does not reach it.
    """

    def __init__(self, *, python: Sequence[str] = PYTHON) -> None:
        self._python = python
        self._orders: Orders | None = None
        self._stderr: IO[bytes]
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> Prober:
        """Start the process. Raises LoadError when this host can't."""
        try:
            self._stderr = tempfile.TemporaryFile()  # as long as the process
        except OSError as error:
            raise LoadError(f"the prober can't be started: {error.strerror}") from None
        try:
            self._process = subprocess.Popen(
                [*self._python, *COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env={**os.environ, "PYTHONPATH": _paths()},
                start_new_session=True,
            )
        except OSError as error:
            self._stderr.close()
            raise LoadError(f"the prober can't be started: {error.strerror}") from None
        return self

    def __exit__(self, *_: object) -> None:
        """End the process at once, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._close_input()
        self._process.wait()
        cast("IO[bytes]", self._process.stdout).close()
        self._stderr.close()
        for path in self._recordings:
            temporary(path, self.pid).unlink(missing_ok=True)

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    def begin(self, orders: Orders) -> None:
        """Return when requests begin to be due. Raises LoadError when they do not."""
        self._orders = orders
        for path in self._recordings:
            path.unlink(missing_ok=True)
        self._send(orders)
        self._wait_until_it_began(START_S + orders.warm_up_s)

    def end(self) -> tuple[Recording, ...]:
        """End it when every endpoint answers well again, and return a recording for each question.

        Raises LoadError when the process failed, does not end in its time, or leaves no
        whole recording.
        """
        orders = cast("Orders", self._orders)
        self._close_input()
        slowest_s = max(question.timeout_s for question in orders.questions)
        limit_s = orders.linger_s + slowest_s + START_S
        try:
            status = self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise LoadError(
                f"the prober did not end in {limit_s:g} s", details=self._tail()
            ) from None
        if status != 0:
            raise self._failed(status)
        return tuple(Recording.read(path) for path in self._recordings)

    @property
    def _recordings(self) -> tuple[Path, ...]:
        return tuple(Path(q.recording) for q in self._orders.questions) if self._orders else ()

    def _send(self, orders: Orders) -> None:
        pipe = cast("IO[bytes]", self._process.stdin)
        with suppress(BrokenPipeError):  # it has ended: _wait_until_it_began reports its status
            pipe.write(orders.model_dump_json().encode() + b"\n")
            pipe.flush()

    def _close_input(self) -> None:
        with suppress(BrokenPipeError):
            cast("IO[bytes]", self._process.stdin).close()

    def _wait_until_it_began(self, limit_s: float) -> None:
        pipe = cast("IO[bytes]", self._process.stdout)
        ready, _, _ = select.select([pipe], [], [], limit_s)
        if not ready:
            raise LoadError(f"the prober did not begin in {limit_s:g} s", details=self._tail())
        if pipe.readline().strip() != BEGAN:
            with suppress(subprocess.TimeoutExpired):
                raise self._failed(self._process.wait(START_S))
            raise LoadError("the prober neither began nor ended", details=self._tail())

    def _failed(self, status: int) -> LoadError:
        return LoadError(f"the prober failed with exit status {status}", details=self._tail())

    def _tail(self) -> str:
        """Return the last lines that the process printed."""
        self._stderr.seek(0)
        lines = self._stderr.read().decode("utf-8", "replace").strip().splitlines()
        return "\n".join(lines[-TAIL_LINES:])


def _paths() -> str:
    """Return PYTHONPATH for the process, so that it imports this package from any folder."""
    ours = str(Path(upgradeproof.__file__).parents[1])
    return os.pathsep.join(filter(None, (ours, os.environ.get("PYTHONPATH"))))
