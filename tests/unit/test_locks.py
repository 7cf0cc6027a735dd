"""Old files of locks are removed, but none that a process holds."""

from __future__ import annotations

import os
import time
from pathlib import Path

from filelock import FileLock

from upgradeproof.locks import MAX_AGE_S, remove_old


def make_old(path: Path) -> Path:
    """Make a file older than the limit."""
    path.touch()
    long_ago = time.time() - 2 * MAX_AGE_S
    os.utime(path, (long_ago, long_ago))
    return path


def test_old_files_that_no_process_holds_are_removed(tmp_path: Path) -> None:
    for name in ("free.lock", "image.failed", "notes.txt"):
        make_old(tmp_path / name)
    (tmp_path / "new.lock").touch()
    with FileLock(tmp_path / "held.lock"):
        make_old(tmp_path / "held.lock")
        remove_old(tmp_path, ".lock", ".failed")
    assert {path.name for path in tmp_path.iterdir()} == {"held.lock", "new.lock", "notes.txt"}
