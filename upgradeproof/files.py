"""Write files atomically: a reader sees the old file or the new one, and a kill leaves no half."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upgradeproof.errors import HarnessError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the path of a temporary file next to ``path``, which replaces it at the end.

    The folder is made where it is missing. After an error inside the block, ``path`` is what it
    was, and the temporary file is gone. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = temporary(path, os.getpid())
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def temporary(path: Path, process: int) -> Path:
    """Return the temporary file that a process writes; it stays where the process was killed."""
    return path.with_name(f".{path.name}.{process}.part")


def write_atomically(path: Path, content: str | bytes) -> Path:
    """Write a file, text as UTF-8, and return its path. Raises OSError."""
    with replacing(path) as part:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def write_result(path: Path, text: str) -> Path:
    """Write a result atomically and return its path. Raises HarnessError where it can't."""
    try:
        return write_atomically(path, text)
    except OSError as error:
        raise HarnessError(f"{path} can't be written: {error.strerror}") from None
