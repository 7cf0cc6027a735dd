"""Write a product's folder atomically, and never over another one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from upgradeproof.errors import PlanError


def refuse_existing(folder: Path) -> None:
    """Raise PlanError if the folder exists: nothing is ever overwritten."""
    if os.path.lexists(folder):
        raise PlanError(
            f"{folder} already exists, and nothing was written",
            resolution="remove it, or choose another name",
        )


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, by their path in the folder, into a folder that is new.

    They are written next to it and renamed at the end: an interrupted write leaves nothing. Raises
    PlanError where there is something already.
    """
    refuse_existing(folder)
    new = _first_missing(folder.parent)
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, content in files.items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        work.chmod(0o755)
        refuse_existing(folder)
        work.rename(folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        if new is not None:
            shutil.rmtree(new, ignore_errors=True)
        raise


def _first_missing(folder: Path) -> Path | None:
    """Return the outermost folder that has to be made, or None."""
    missing = None
    while not folder.exists():
        missing, folder = folder, folder.parent
    return missing
