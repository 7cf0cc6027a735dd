"""Evidence: the transcripts, facts and logs that are kept for a verdict."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


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


class Evidence:
    """The folder in which one cell's evidence of this run is kept."""

    def __init__(self, reports: Path, cell: str) -> None:
        self._reports = reports
        self.folder = reports / "evidence" / cell

    def path(self, *parts: str) -> Path:
        """Return the path of a piece of evidence, its folder made."""
        path = self.folder.joinpath(*(_UNSAFE.sub("-", part).strip("-.") for part in parts))
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def relative(self, path: Path) -> str:
        """Return a path as the report names it: relative to run.json."""
        return path.relative_to(self._reports).as_posix()

    def keep(self, text: str, *parts: str) -> str:
        """Write a piece of evidence and return its path as the report names it."""
        path = self.path(*parts)
        path.write_text(text, encoding="utf-8")
        return self.relative(path)

    def collect(self, paths: Iterable[str]) -> dict[str, str]:
        """Return pieces of evidence by their path in the report."""
        return {
            path: (self._reports / path).read_text(encoding="utf-8", errors="replace")
            for path in paths
        }

    def restore(self, path: str, text: str) -> None:
        """Write a piece of evidence that another run collected."""
        target = self._reports / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    @contextmanager
    def transcript(self, path: Path) -> Iterator[Transcript]:
        """Open a transcript, unbuffered: a kill loses nothing that was seen."""
        with path.open("wb", buffering=0) as file:
            transcript = Transcript(file)
            try:
                yield transcript
            finally:
                transcript.close()
