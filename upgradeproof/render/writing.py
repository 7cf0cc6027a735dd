"""Write a report's file."""

from __future__ import annotations

import os
from pathlib import Path

from upgradeproof.errors import HarnessError
from upgradeproof.files import write_atomically


def write_text(path: Path, text: str) -> Path:
    """Write ``text`` to ``path``, its folder too if need be, and return the path.

    Raises HarnessError when it can't be written. Text that is not Unicode becomes a question mark,
    so that the report is written in any case.
    """
    try:
        return write_atomically(path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise write_error(path, error) from error


def write_error(path: Path, error: OSError) -> HarnessError:
    """Return the error of a report that can't be written."""
    return HarnessError(
        f"the report {path} can't be written: {os.strerror(error.errno or 0)}",
        resolution="make its folder writable, or free space; then run `upgradeproof report`",
    )
