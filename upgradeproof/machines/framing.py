"""How a command is sent over the channel, and how its answer is distinguished from other output."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from upgradeproof.command import TAIL_LINES

OnOutput = Callable[[bytes], None]


class Stream(Enum):
    """Name the stream that bytes came from."""

    OUT = 1
    ERR = 2


def new_marker() -> bytes:
    """Return an unguessable marker.

    It begins with a byte that text does not hold. The beginning of a possible marker is held back
    until the rest arrives, and so a line of text is almost never delayed.
    """
    return f"\x1e{secrets.token_hex(8)}:".encode()


# A program may set flags of its output, as ssh does with O_NONBLOCK, and leave them so. They belong
# to the open file, which the shell would share with it: each script opens a pipe again.
_OWN_STREAMS = b"".join(
    b"[ ! -p %(file)s ] || [ ! -w %(file)s ] || exec %(number)d>%(file)s; "
    % {b"number": number, b"file": b"/proc/self/fd/%d" % number}
    for number in (1, 2)
)


def framed(script: str, marker: bytes, stdin: bytes) -> bytes:
    """Return what to send: the script in a subshell, then the marker on both streams."""
    quoted = b"'" + script.encode().replace(b"'", b"'\\''") + b"'"
    mark = marker[1:]
    if stdin:
        source = b"printf %s '" + base64.b64encode(stdin) + b"' | base64 -d | ("
        end = b")"
    else:
        source, end = b"(", b") </dev/null"
    return (
        source + b" " + _OWN_STREAMS + b"eval " + quoted + b" " + end + b"; "
        b"printf '\\036%s%s\\n' " + mark + b" $?; printf '\\036%s\\n' " + mark + b" >&2\n"
    )


@dataclass
class Received:
    """One stream's bytes so far, and where the marker begins once it has come."""

    marker: bytes
    data: bytearray = field(default_factory=bytearray)
    end: int | None = None
    shown: int = 0

    def take(self, data: bytes) -> bytes:
        """Add bytes; return those that are now known to be output, each once."""
        searched = max(0, len(self.data) - len(self.marker))
        self.data += data
        if self.end is None and (at := self.data.find(self.marker, searched)) >= 0:
            self.end = at
        sure = len(self.data) - self._doubtful() if self.end is None else self.end
        new = bytes(self.data[self.shown : sure])
        self.shown = sure
        return new

    def _doubtful(self) -> int:
        """Return how many of the last bytes may be the beginning of the marker."""
        at = self.data.rfind(self.marker[:1], max(self.shown, len(self.data) - len(self.marker)))
        return len(self.data) - at if at >= 0 and self.marker.startswith(self.data[at:]) else 0

    @property
    def complete(self) -> bool:
        """Return whether the marker's whole line is there."""
        return self.end is not None and b"\n" in self.data[self.end :]

    @property
    def output(self) -> bytes:
        """Return the output before the marker."""
        return bytes(self.data[: self.end])

    @property
    def behind_marker(self) -> bytes:
        """Return what the marker's line carries."""
        return bytes(self.data[(self.end or 0) + len(self.marker) :]).split(b"\n", 1)[0]


class Answer:
    """What came back so far on both streams."""

    def __init__(self, marker: bytes, on_output: OnOutput | None) -> None:
        self._on_output = on_output
        self._received = {stream: Received(marker) for stream in Stream}

    def take(self, stream: Stream, data: bytes) -> None:
        """Add bytes to a stream, and pass on what is output."""
        new = self._received[stream].take(data)
        if new and self._on_output:
            self._on_output(new)

    @property
    def complete(self) -> bool:
        """Return whether both streams have ended."""
        return all(received.complete for received in self._received.values())

    @property
    def exit_status(self) -> int:
        """Return the script's exit status; only a complete answer has one."""
        return int(self._received[Stream.OUT].behind_marker)

    def output(self, stream: Stream) -> bytes:
        """Return what came on a stream."""
        return self._received[stream].output

    def tail(self) -> str:
        """Return the last lines of both streams, for an error's details."""
        both = b"\n".join(self.output(stream) for stream in Stream)
        return "\n".join(both.decode("utf-8", "replace").strip().splitlines()[-TAIL_LINES:])
