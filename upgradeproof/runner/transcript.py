"""The transcript of a step."""

from __future__ import annotations

import time
from typing import BinaryIO


class Transcript:
    """A step's output as it came, each line with the seconds since the step began."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._started = time.monotonic()
        self._partial = b""

    def write(self, data: bytes) -> None:
        """Take bytes as they come; whole lines are written and stamped at once."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._put(line)

    def close(self) -> None:
        """Write what came after the last line end: often the prompt that a step hung on."""
        if self._partial:
            self._put(self._partial)
            self._partial = b""

    def _put(self, line: bytes) -> None:
        stamp = f"[{time.monotonic() - self._started:9.3f}] ".encode()
        self._file.write(stamp + line.rstrip(b"\r") + b"\n")
