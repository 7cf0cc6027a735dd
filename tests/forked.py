"""Run pytest and the command line in processes with their imports done: see ``fork_server``."""

from __future__ import annotations

import atexit
import json
import os
import select
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from upgradeproof.command import Completed

START_S = 120.0


class ForkServer:
    """The server for one Python and one path of packages; it ends with this process."""

    def __init__(
        self, python: str, folder: Path, tests: str, environment: Mapping[str, str]
    ) -> None:
        """Start it, and have it run a file of tests in a folder first."""
        self._unread = b""
        self._process = subprocess.Popen(
            [python, "-m", "tests.fork_server", str(folder), tests],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
            cwd=folder,
            start_new_session=True,
        )
        atexit.register(self._close)
        assert self._answer(START_S) == "ready"

    def run(
        self,
        call: str,
        argv: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        timeout_s: float,
    ) -> Completed:
        """Call a function of a module in a process of its own, and return what it did."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="upgradeproof-") as name:
            outputs = [Path(name, "stdout"), Path(name, "stderr")]
            order = {
                "call": call,
                "argv": argv,
                "folder": str(folder),
                "environment": {**os.environ, **environment},
                "outputs": [str(path) for path in outputs],
            }
            pipe = cast("IO[bytes]", self._process.stdin)
            pipe.write(json.dumps(order).encode() + b"\n")
            pipe.flush()
            pid = int(self._answer(START_S))
            try:
                status = int(self._answer(timeout_s))
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                self._answer(START_S)
                raise
            stdout, stderr = (path.read_bytes() for path in outputs)
        return Completed(
            command=shlex.join(argv),
            exit_status=status,
            stdout=stdout,
            stderr=stderr,
            duration_s=time.monotonic() - began,
        )

    def _close(self) -> None:
        with self._process as process:
            cast("IO[bytes]", process.stdin).close()

    def _answer(self, limit_s: float) -> str:
        """Return the next line of the server."""
        pipe = cast("IO[bytes]", self._process.stdout)
        while b"\n" not in self._unread:
            ready, _, _ = select.select([pipe], [], [], limit_s)
            assert ready, f"it did not end in {limit_s:g} s"
            read = os.read(pipe.fileno(), 1024)
            assert read, "the server has ended: see the captured stderr"
            self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()
