"""Transcripts, read for a page: bounded, cleaned of terminal codes, never from outside."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from upgradeproof.terminal import without_sequences

LIMIT = 200 * 1024
"""Bytes of the end of one transcript that a page has: a step prints there why it failed."""
BUDGET = 12 * 1024 * 1024
"""Bytes of all transcripts that a page holds, so that a browser still opens it at once."""

NONE = "This step has no transcript."

PLAIN_PATH = re.compile(r"[A-Za-z0-9_.~-][A-Za-z0-9_.~/-]*")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
OVERWRITTEN = re.compile(r"^[^\n]*\r(?!\n|$)", re.MULTILINE)


def plain(text: str) -> str:
    """Return text as a terminal would have left it: no codes, no overwritten progress lines."""
    text = without_sequences(text)
    text = OVERWRITTEN.sub("", text).replace("\r", "")
    return CONTROLS.sub("", text)


def link(path: str) -> str:
    """Return a relative link to a file of the report, or nothing if the path leads elsewhere.

    Paths come from a journal: one that names a scheme, a host or a parent folder is not followed.
    """
    if PLAIN_PATH.fullmatch(path) and ".." not in path:
        return "./" + path
    if not path or path.startswith("/") or "\\" in path or ".." in path.split("/"):
        return ""
    return "./" + quote(path)


class Transcript(NamedTuple):
    """What a page shows of one transcript; ``key`` is None if ``note`` states why it is empty."""

    key: int | None
    note: str
    href: str


class Transcripts:
    """Collect the transcripts of one page, each file once, until the budget is spent.

    ``folder``: an absolute path without symbolic links. ``only_failed``: transcripts of steps that
    succeeded are links to their files.
    """

    def __init__(
        self, folder: Path, *, limit: int = LIMIT, budget: int = BUDGET, only_failed: bool = False
    ) -> None:
        self.texts: list[str] = []
        self.only_failed = only_failed
        self._folder = folder
        self._limit = limit
        self._left = budget
        self._known: dict[str, Transcript] = {}

    def get(self, path: str) -> Transcript:
        """Return the transcript at ``path``, relative to the report's folder."""
        if path not in self._known:
            self._known[path] = self._take(path)
        return self._known[path]

    @staticmethod
    def refer(path: str) -> Transcript:
        """Return the transcript at ``path`` as a link, without reading the file."""
        return Transcript(key=None, note="" if path else NONE, href=link(path))

    def _take(self, path: str) -> Transcript:
        href = link(path)
        if not path:
            return Transcript(key=None, note=NONE, href="")
        missing = f"The transcript {path} is missing from the report's folder."
        file = self._folder / path
        if href and not file.is_file():
            return Transcript(key=None, note=missing, href="")
        if not href or not file.resolve().is_relative_to(self._folder):
            note = f"The transcript {path} is outside the report's folder and was not read."
            return Transcript(key=None, note=note, href="")
        try:
            return self._read(file, href)
        except OSError:
            return Transcript(key=None, note=missing, href="")

    def _read(self, file: Path, href: str) -> Transcript:
        with file.open("rb") as stream:
            size = stream.seek(0, 2)
            start = max(0, size - self._limit)
            if size - start > self._left:
                note = "The page is too large for this transcript: open its file."
                return Transcript(key=None, note=note, href=href)
            stream.seek(start)
            raw = stream.read(self._limit)
        self._left -= len(raw)
        note = ""
        if start:
            whole_lines = raw[raw.find(b"\n") + 1 :]
            cut = size - len(whole_lines)
            raw = whole_lines
            note = f"The first {cut:,} of {size:,} bytes are left out here; the file has them."
        self.texts.append(plain(raw.decode("utf-8", "replace")))
        return Transcript(key=len(self.texts) - 1, note=note, href=href)
