"""The persistent channel: one shell a machine, which stays open, each command framed.

Starting a process on a machine costs 60-90 ms through a container engine; a line to a shell that
is already there costs 0.2 ms. Each script runs in a subshell of that shell, so that neither its
``cd`` nor its ``exit`` outlives it. An unguessable marker ends both streams, and carries the exit
status; all other bytes are passed on unchanged.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Protocol

from upgradeproof.command import Completed
from upgradeproof.errors import ChannelError, CommandTimeoutError, UpgradeproofError
from upgradeproof.machines.framing import Answer, OnOutput, Stream, framed, new_marker

CONNECT_TIMEOUT_S = 20.0

_PRELUDE = (
    "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    " HOME=/root LANG=C.UTF-8; cd /; umask 022; "
)


_END_SESSION = """
for signal in TERM 0 0 0 0 KILL; do
  left=
  for stat in /proc/[0-9]*/stat; do
    read -r line <"$stat" || continue
    pid=${line%% *}
    set -- ${line##*) }
    [ "$4" = SESSION ] && [ "$1" != Z ] && kill -$signal "$pid" && left=1
  done 2>/dev/null
  [ "$left" ] || exit 0
  sleep 0.1
done
"""


def end_session_script(pid: int) -> str:
    """Return a script that ends every process of the session led by ``pid``, first by SIGTERM.

    Signal 0 only tests which processes are left: they have half a second to end.
    """
    return _END_SESSION.replace("SESSION", str(pid))


class Transport(Protocol):
    """A running shell: bytes in, two streams of bytes out."""

    def send(self, data: bytes) -> None:
        """Send all of ``data`` to the shell's standard input. Raises OSError when it is gone."""
        ...

    def receive(self, timeout_s: float) -> tuple[Stream, bytes]:
        """Return the next bytes. Raises TimeoutError, or EOFError when the shell is gone."""
        ...

    def close(self) -> None:
        """Close the shell; never raises."""
        ...


class Connector(Protocol):
    """What starts shells on one machine and ends what they left behind."""

    def connect(self) -> Transport:
        """Start a shell. Raises MachineError when the machine can't give one."""
        ...

    def end_session(self, pid: int) -> None:
        """End every process of the session that the shell ``pid`` leads. Raises MachineError."""
        ...


class Channel:
    """Run scripts on a machine, one at a time, over one open shell; reconnect when it dies."""

    def __init__(self, connector: Connector, machine: str) -> None:
        self._connector = connector
        self._machine = machine
        self._transport: Transport | None = None
        self._shell_pid = 0
        self._lock = threading.RLock()

    def run(
        self,
        script: str,
        *,
        timeout_s: float,
        stdin: bytes = b"",
        on_output: OnOutput | None = None,
    ) -> Completed:
        """Run a POSIX shell script and return what it did, whatever its exit status.

        ``stdin`` is what the script may read; without it, the end of the file. ``on_output`` gets
        the bytes of both streams as they come. Raises CommandTimeoutError after everything that
        the script started in its session was ended, its last output in the details; ChannelError
        when the shell died before it answered: whether the script ran is then not known, so it is
        never run again automatically.
        """
        with self._lock:
            return self._run(script, timeout_s, stdin, on_output)

    def _run(
        self, script: str, timeout_s: float, stdin: bytes, on_output: OnOutput | None
    ) -> Completed:
        transport = self._connected()
        marker = new_marker()
        answer = Answer(marker, on_output)
        started = time.monotonic()
        try:
            transport.send(framed(script, marker, stdin))
            while not answer.complete:
                answer.take(*transport.receive(_remaining(started + timeout_s)))
        except TimeoutError:
            self._abandon()
            raise CommandTimeoutError(
                f"a command on {self._machine} did not end in {timeout_s:g} s and was ended: "
                f"{_headline(script)}",
                details=answer.tail(),
            ) from None
        except (EOFError, OSError) as error:
            self.close()
            raise ChannelError(
                f"the shell on {self._machine} died under a command: {_headline(script)}",
                details="\n".join(filter(None, [str(error), answer.tail()])),
                resolution="see the machine's log in the evidence: was it stopped or killed?",
            ) from None
        except BaseException:
            self._abandon()
            raise
        return Completed(
            command=script,
            exit_status=answer.exit_status,
            stdout=answer.output(Stream.OUT),
            stderr=answer.output(Stream.ERR),
            duration_s=time.monotonic() - started,
        )

    def close(self) -> None:
        """Close the shell; the next command starts another."""
        with self._lock:
            if self._transport is not None:
                self._transport.close()
            self._transport = None

    def _abandon(self) -> None:
        """End what runs in the shell's session, and the shell with it.

        Where that fails, the error because of which it is ended counts.
        """
        self.close()
        with suppress(UpgradeproofError):
            self._connector.end_session(self._shell_pid)

    def _connected(self) -> Transport:
        """Return the open shell, or a new one where that can't be used any more."""
        current = self._transport
        if current is not None and self._quiet(current):
            return current
        self.close()
        self._transport = self._connector.connect()
        self._shell_pid = self._greet(self._transport)
        return self._transport

    def _quiet(self, transport: Transport) -> bool:
        """Return whether the shell is alive, and silent between two commands.

        Output between two commands comes from a background job of an earlier script. It would be a
        part of the next answer, so this shell is not used again.
        """
        try:
            transport.receive(0.0)
        except TimeoutError:
            return True
        except (EOFError, OSError):
            return False
        return False

    def _greet(self, transport: Transport) -> int:
        """Wait until a new shell answers and return its process id on the machine."""
        marker = new_marker()
        answer = Answer(marker, None)
        deadline = time.monotonic() + CONNECT_TIMEOUT_S
        try:
            transport.send(_PRELUDE.encode() + framed("echo $$", marker, b""))
            while not answer.complete:
                answer.take(*transport.receive(_remaining(deadline)))
            return int(answer.output(Stream.OUT))
        except (TimeoutError, EOFError, OSError, ValueError) as error:
            transport.close()
            self._transport = None
            raise ChannelError(
                f"no shell answers on {self._machine}",
                details=f"{type(error).__name__} {answer.tail()}".strip(),
                resolution="is /bin/sh there, and does the machine still run?",
            ) from None


def _remaining(deadline: float) -> float:
    """Return the seconds left; this also stops a command that never stops printing."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _headline(script: str) -> str:
    """Return a script's first line that is not blank or ``set -e``, for a message."""
    lines = [line for line in script.splitlines() if line.strip() not in ("", "set -e")]
    first = lines[0] if lines else ""
    return f"{first[:100]}{' ...' if len(lines) > 1 or len(first) > 100 else ''}"  # noqa: PLR2004
