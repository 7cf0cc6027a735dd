"""Replace a plan or another TOML file atomically: a kill never leaves a partial file."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from upgradeproof.errors import PlanError
from upgradeproof.files import replacing
from upgradeproof.plan.model import load_plan


def refuse_read_only(path: Path) -> None:
    """Raise PlanError for a file that is marked as read-only, or whose folder can't be written.

    Replacing a file needs no right to write into it, so the mode would be ignored.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & 0o222 or not os.access(path, os.W_OK):
        raise PlanError(
            f"{path} is read-only (mode {mode:04o}), and nothing was written",
            resolution="make it writable, or write the change into the plan that it is made from",
        )
    if not os.access(path.parent, os.W_OK):
        raise PlanError(f"{path.parent} is read-only, and nothing was written")


def write_plan(path: Path, text: str) -> None:
    """Replace a plan by another text of it, which is read as a plan before it is used.

    Raises PlanError as ``replace_file`` does, and where the text is no plan.
    """
    replace_file(path, text, load_plan)


def replace_file(path: Path, text: str, check: Callable[[Path], object]) -> None:
    """Replace a file by another text, with the mode and the owner of the file.

    ``check`` reads the new file before it takes the place of the old one, and raises PlanError to
    refuse it. Raises PlanError where the file can't be written: the file is then what it was.
    """
    path = path.resolve()
    try:
        with replacing(path) as part:
            with part.open("wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            was = path.stat()
            part.chmod(stat.S_IMODE(was.st_mode))
            with suppress(PermissionError):  # only root may give a file away
                os.chown(part, was.st_uid, was.st_gid)
            check(part)
    except OSError as error:
        raise PlanError(f"{path} can't be written: {os.strerror(error.errno or 0)}") from None
