"""Run pytest and the command line in processes with their imports done: see ``fork_server``."""

from __future__ import annotations

import atexit
import json
import os
import select
import shlex
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from upgradeproof.command import Completed

START_S = 120.0
ADDRESS = "UPGRADEPROOF_FORK_SERVER"
"""The variable with the socket that programs of ``program`` connect to."""
PROGRAM = """#!{python} -IS
import json, os, socket, sys

order = {{"argv": sys.argv, "folder": os.getcwd(), "environment": dict(os.environ)}}
with socket.socket(socket.AF_UNIX) as server:
    server.connect(os.environ[{variable!r}])
    server.sendall(json.dumps({{**order, "call": {call!r}}}).encode() + b"\\n")
    status, stdout, stderr = json.loads(server.makefile().read())
sys.stdout.write(stdout)
sys.stderr.write(stderr)
sys.exit(status)
"""


@dataclass
class Started:
    """A process that the server forked: the leader of its group."""

    pid: int
    _answer: Callable[[float], str]
    status: int | None = None
    """The exit status, after its end."""

    def wait(self, timeout_s: float) -> int:
        """Wait for the end, and return the exit status."""
        self.status = int(self._answer(timeout_s))
        return self.status


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
        """Call a function of a module in a process of its own, and return what it did.

        ``environment`` has all of its variables.
        """
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="upgradeproof-") as name:
            outputs = (f"{name}/stdout", f"{name}/stderr")
            with self.started(
                call, argv, folder=folder, environment=environment, outputs=outputs
            ) as run:
                status = run.wait(timeout_s)
            stdout, stderr = (Path(path).read_bytes() for path in outputs)
        return Completed(
            command=shlex.join(argv),
            exit_status=status,
            stdout=stdout,
            stderr=stderr,
            duration_s=time.monotonic() - began,
        )

    @contextmanager
    def started(
        self,
        call: str,
        argv: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        source: str = os.devnull,
        outputs: Sequence[str] = (os.devnull, os.devnull),
    ) -> Iterator[Started]:
        """Call a function in a process of its own, and kill its group at the end.

        ``source`` and ``outputs`` are the files that it reads and writes. A terminal that it reads
        becomes its own. There is one process at a time.
        """
        order = {
            "call": call,
            "argv": argv,
            "folder": str(folder),
            "environment": dict(environment),
            "input": source,
            "outputs": outputs,
        }
        pipe = cast("IO[bytes]", self._process.stdin)
        pipe.write(json.dumps(order).encode() + b"\n")
        pipe.flush()
        run = Started(int(self._answer(START_S)), self._answer)
        try:
            yield run
        finally:
            if run.status is None:
                with suppress(ProcessLookupError):
                    os.killpg(run.pid, signal.SIGKILL)
                run.wait(START_S)

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


def program(path: Path, call: str) -> None:
    """Write a program for shell scripts that calls a function in a forked process.

    It works while ``offered`` has the address of a server in its environment.
    """
    text = PROGRAM.format(python=sys.executable, variable=ADDRESS, call=call)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@contextmanager
def offered(server: ForkServer, *, timeout_s: float) -> Iterator[dict[str, str]]:
    """Have a server run what programs ask for, one after the other; yield their environment."""

    class Order(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            order = json.loads(self.rfile.readline())
            done = server.run(
                order["call"],
                order["argv"],
                folder=Path(order["folder"]),
                environment=order["environment"],
                timeout_s=timeout_s,
            )
            answer = (done.exit_status, done.stdout.decode(), done.stderr.decode())
            self.wfile.write(json.dumps(answer).encode())

    with tempfile.TemporaryDirectory(prefix="upgradeproof-") as folder:
        address = f"{folder}/socket"
        with socketserver.UnixStreamServer(address, Order) as orders:
            thread = threading.Thread(target=orders.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield {ADDRESS: address}
            finally:
                orders.shutdown()
                thread.join()
