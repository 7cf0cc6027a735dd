"""Run a command on this host: always with a time limit, always with a result that can be shown."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from upgradeproof.errors import CommandTimeoutError, MachineError

TAIL_LINES = 30
"""Lines of output that an error quotes: a screenful, where apt and dpkg put their reason."""

LAST_WORDS_TIMEOUT_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Completed:
    """Hold what a command did, on this host or on a machine."""

    command: str
    exit_status: int
    stdout: bytes
    stderr: bytes
    duration_s: float

    @property
    def ok(self) -> bool:
        """Return whether the exit status is 0."""
        return self.exit_status == 0

    @property
    def text(self) -> str:
        """Return stdout as text, stripped; bytes that are not UTF-8 are replaced."""
        return self.stdout.decode("utf-8", "replace").strip()

    @property
    def tail(self) -> str:
        """Return the last lines of stderr and stdout, for an error's details."""
        streams = (self.stdout, self.stderr)
        text = "\n".join(s.decode("utf-8", "replace").strip() for s in streams if s.strip())
        return "\n".join(text.splitlines()[-TAIL_LINES:])


def run(
    argv: Sequence[str],
    *,
    timeout_s: float,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    check: bool = True,
) -> Completed:
    """Run ``argv`` in a process group of its own and return what it did.

    ``env`` is added to this process's environment; ``cwd`` is where it runs. Raises MachineError
    when the program is missing or, with ``check``, when it exits with another status than 0;
    CommandTimeoutError when it does not end in ``timeout_s`` seconds, after its whole group was
    killed.
    """
    done = _finish(_start(argv, env, cwd), argv, timeout_s=timeout_s, stdin=stdin)
    if check and not done.ok:
        raise MachineError(
            f"`{done.command}` failed with exit status {done.exit_status}", details=done.tail
        )
    return done


def _finish(
    process: subprocess.Popen[bytes], argv: Sequence[str], *, timeout_s: float, stdin: bytes = b""
) -> Completed:
    """Return what a process did that runs ``argv``; kill its group if it does not end in time."""
    command = shlex.join(argv)
    started = time.monotonic()
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout_s)
    except BaseException as error:
        with suppress(ProcessLookupError):  # after Ctrl-C `communicate` may have waited for it
            os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = _last_words(process)
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        details = (stdout + stderr).decode("utf-8", "replace").strip()
        raise CommandTimeoutError(
            f"`{command}` did not end in {timeout_s:g} s",
            details="\n".join(details.splitlines()[-TAIL_LINES:]),
        ) from None
    return Completed(
        command=command,
        exit_status=process.returncode,
        stdout=stdout,
        stderr=stderr,
        duration_s=time.monotonic() - started,
    )


def _start(
    argv: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise MachineError(
            f"{argv[0]} is not installed", resolution="run `upgradeproof doctor`"
        ) from error
    except OSError as error:
        raise MachineError(f"{argv[0]} can't be run: {error.strerror}") from None


class Commands:
    """Commands that threads run side by side, and that one thread can end together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: list[subprocess.Popen[bytes]] = []
        self.ended = False

    def run(self, argv: Sequence[str], *, timeout_s: float) -> Completed:
        """Run one of them, as ``run`` does; the caller judges its exit status.

        Raises MachineError also when the commands were ended: no command is begun any more.
        """
        return _finish(self._start(argv), argv, timeout_s=timeout_s)

    def end(self, patience_s: float) -> None:
        """Interrupt each as Ctrl-C does, so that it clears up; kill the late ones."""
        with self._lock:
            self.ended = True
            left = [process for process in self._begun if process.poll() is None]
        try:
            for process in left:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGINT)
            deadline = time.monotonic() + patience_s
            for process in left:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, deadline - time.monotonic()))
        finally:  # also when this wait is interrupted once more
            for process in left:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _start(self, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start one; under the lock, so that ``end`` finds every process that was started."""
        with self._lock:
            if self.ended:
                raise MachineError("ended before it began")
            self._begun.append(process := _start(argv))
        return process


def _last_words(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Return what a killed group had printed; a child that left it may hold the pipes for long."""
    try:
        return process.communicate(timeout=LAST_WORDS_TIMEOUT_S)
    except subprocess.TimeoutExpired as late:
        for pipe in filter(None, (process.stdout, process.stderr)):
            pipe.close()
        process.wait()
        return late.output or b"", late.stderr or b""
