"""Files of locks, which stay when they are released, and are removed when they are old."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

MAX_AGE_S = 86_400.0
"""How long such a file stays: more than any run takes."""


def remove_old(folder: Path, *suffixes: str) -> None:
    """Remove the files with these suffixes that are old and that no process has locked.

    A process that waits for the lock does not take the removed file: filelock looks for that.
    """
    for path in (path for suffix in suffixes for path in folder.glob(f"*{suffix}")):
        with suppress(Timeout, OSError):
            if time.time() - path.stat().st_mtime > MAX_AGE_S:
                with FileLock(path, timeout=0):
                    path.unlink()
