"""The persistent channel: one shell a machine, kept open, each command framed.

Starting a process on a machine costs 60-90 ms through a container engine; a line to a shell that
is already there costs 0.2 ms. Each script runs in a subshell of that shell, so that neither its
``cd`` nor its ``exit`` outlives it. A marker that nobody can guess ends both streams, and carries
the exit status; whatever else the bytes hold is passed on untouched.
"""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from upgradeproof.command import TAIL_LINES, Completed
from upgradeproof.errors import ChannelError, CommandTimeoutError

CONNECT_TIMEOUT_S = 20.0
OnOutput = Callable[[bytes], None]

_PRELUDE = (
    "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    " HOME=/root LANG=C.UTF-8; cd /; umask 022; "
)


_END_SESSION = """
for signal in TERM KILL; do
  left=
  for stat in /proc/[0-9]*/stat; do
    read -r line <"$stat" || continue
    pid=${line%% *}
    set -- ${line##*) }
    [ "$4" = SESSION ] && [ "$pid" != $$ ] && kill -$signal "$pid" && left=1
  done 2>/dev/null
  [ "$left" ] || exit 0
  sleep 0.5
done
"""


def end_session_script(pid: int) -> str:
    """Return a script that ends every process of the session led by ``pid``, gently first."""
    return _END_SESSION.replace("SESSION", str(pid))


class Stream(Enum):
    """Name the stream that bytes came from."""

    OUT = 1
    ERR = 2


class Transport(Protocol):
    """A running shell: bytes in, two streams of bytes out."""

    def send(self, data: bytes) -> None:
        """Send all of ``data`` to the shell's standard input. Raises OSError when it is gone."""
        ...

    def receive(self, timeout_s: float) -> tuple[Stream, bytes]:
        """Return the next bytes. Raises TimeoutError, or EOFError when the shell is gone."""
        ...

    def close(self) -> None:
        """Let go of the shell; never raises."""
        ...


class Connector(Protocol):
    """What starts shells on one machine and ends what they left behind."""

    def connect(self) -> Transport:
        """Start a shell. Raises MachineError when the machine can't give one."""
        ...

    def end_session(self, pid: int) -> None:
        """End every process of the session that the shell ``pid`` leads."""
        ...


@dataclass
class _Answer:
    """What came back so far: each stream is searched for the marker as it grows."""

    marker: bytes
    on_output: OnOutput | None
    received: dict[Stream, bytearray] = field(
        default_factory=lambda: {stream: bytearray() for stream in Stream}
    )
    found: dict[Stream, int] = field(default_factory=dict)

    def take(self, stream: Stream, data: bytes) -> None:
        """Add bytes to a stream; look for the marker only where it can have become whole."""
        buffer = self.received[stream]
        searched = max(0, len(buffer) - len(self.marker))
        buffer += data
        at = buffer.find(self.marker, searched)
        if at >= 0 and buffer.find(b"\n", at + len(self.marker)) >= 0:
            self.found[stream] = at
        if self.on_output:
            self.on_output(bytes(buffer[:at][-len(data) :]) if at >= 0 else data)

    @property
    def complete(self) -> bool:
        return len(self.found) == len(Stream)

    def body(self, stream: Stream) -> bytes:
        return bytes(self.received[stream][: self.found.get(stream)])

    @property
    def exit_status(self) -> int:
        status = self.received[Stream.OUT][self.found[Stream.OUT] + len(self.marker) :]
        return int(status.split(b"\n", 1)[0])

    def tail(self) -> str:
        both = b"\n".join(self.body(stream) for stream in Stream)
        return "\n".join(both.decode("utf-8", "replace").strip().splitlines()[-TAIL_LINES:])


class Channel:
    """Run scripts on a machine, one at a time, over one kept shell; reconnect when it dies."""

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
        never run again by itself.
        """
        with self._lock:
            return self._run(script, timeout_s, stdin, on_output)

    def _run(
        self, script: str, timeout_s: float, stdin: bytes, on_output: OnOutput | None
    ) -> Completed:
        transport = self._connected()
        token = f"\n{secrets.token_hex(8)}:".encode()
        answer = _Answer(token, on_output)
        started = time.monotonic()
        try:
            transport.send(_framed(script, token, stdin))
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
            stdout=answer.body(Stream.OUT),
            stderr=answer.body(Stream.ERR),
            duration_s=time.monotonic() - started,
        )

    def close(self) -> None:
        """Let go of the shell; the next command starts another."""
        with self._lock:
            if self._transport is not None:
                self._transport.close()
            self._transport = None

    def _abandon(self) -> None:
        """End what runs in the shell's session, and the shell with it."""
        self.close()
        with suppress(ChannelError):
            self._connector.end_session(self._shell_pid)

    def _connected(self) -> Transport:
        """Return a shell that is alive, a new one if the kept one has died meanwhile."""
        if self._transport is not None and self._died():
            self.close()
        if self._transport is None:
            self._transport = self._connector.connect()
            self._shell_pid = self._greet(self._transport)
        return self._transport

    def _died(self) -> bool:
        """Tell whether the kept shell is gone; late output of background jobs is dropped here."""
        assert self._transport is not None  # noqa: S101  # narrows the type for the caller above
        try:
            while True:
                self._transport.receive(0.0)
        except TimeoutError:
            return False
        except (EOFError, OSError):
            return True

    def _greet(self, transport: Transport) -> int:
        """Wait until a new shell answers and return its process id on the machine."""
        marker = secrets.token_hex(8)
        answer = b""
        deadline = time.monotonic() + CONNECT_TIMEOUT_S
        try:
            transport.send(f"{_PRELUDE}echo {marker} $$\n".encode())
            while not answer.endswith(b"\n"):
                answer += transport.receive(_remaining(deadline))[1]
            return int(answer.split()[1])
        except (TimeoutError, EOFError, OSError, ValueError, IndexError) as error:
            transport.close()
            self._transport = None
            raise ChannelError(
                f"no shell answers on {self._machine}",
                details=f"{type(error).__name__} {answer.decode('utf-8', 'replace')}".strip(),
                resolution="is /bin/sh there, and does the machine still run?",
            ) from None


def _remaining(deadline: float) -> float:
    """Return the seconds left; a command that never stops printing meets its limit here."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _framed(script: str, marker: bytes, stdin: bytes) -> bytes:
    """Return what to send: the script in a subshell, then the marker on both streams."""
    quoted = b"'" + script.encode().replace(b"'", b"'\\''") + b"'"
    mark = marker[1:]
    if stdin:
        source = b"printf %s '" + base64.b64encode(stdin) + b"' | base64 -d | ("
        end = b")"
    else:
        source, end = b"(", b") </dev/null"
    return (
        source + b" eval " + quoted + b" " + end + b"; "
        b"printf '\\n%s%s\\n' " + mark + b" $?; printf '\\n%s\\n' " + mark + b" >&2\n"
    )


def _headline(script: str) -> str:
    """Return a script's first telling line, for a message."""
    lines = [line for line in script.splitlines() if line.strip() not in ("", "set -e")]
    first = lines[0] if lines else ""
    return f"{first[:100]}{' ...' if len(lines) > 1 or len(first) > 100 else ''}"  # noqa: PLR2004
