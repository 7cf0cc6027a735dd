"""Carry configuration to the formats of this release, and back when an older one returns.

The original is kept. On the way back it returns byte for byte if nobody edited the migrated file;
otherwise that file is converted, so that no edit is lost.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from lighthouse import configuration, environment, formats
from lighthouse.release import CONFIG_FORMAT, ENVIRONMENT_PREFIX

KEPT = Path("/var/lib/lighthouse-config")


@dataclass(frozen=True)
class Document:
    """One file that has an old and a new format."""

    path: Path
    wanted: bool
    """Whether this release reads the new format."""
    is_old: Callable[[str], bool]
    forward: Callable[[str], str]
    backward: Callable[[str], str]

    def migrate(self, kept: Path) -> bool:
        """Write the file in its new format; tell whether anything was to be done."""
        text = self.path.read_text(encoding="utf-8")
        if not self.wanted or not self.is_old(text):
            return False
        new = self.forward(text)
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        original = kept / self.path.name
        shutil.copy2(self.path, original)
        _replace(self.path, new)
        return True

    def restore(self, kept: Path) -> bool:
        """Give the file its old format back; tell whether anything was to be done."""
        text = self.path.read_text(encoding="utf-8")
        if self.is_old(text):
            return False
        original = kept / self.path.name
        before = original.read_text(encoding="utf-8") if original.exists() else None
        untouched = before is not None and self.forward(before) == text
        _replace(self.path, before if before is not None and untouched else self.backward(text))
        if before is not None:
            original.unlink()
        return True


def documents() -> tuple[Document, ...]:
    """Return the files that change their format from release to release."""
    old, new = environment.OLD, environment.NEW
    return (
        Document(
            path=configuration.PATH,
            wanted=CONFIG_FORMAT == "2023Q4",
            is_old=lambda text: formats.format_of(text) == "ini",
            forward=formats.to_new,
            backward=formats.to_old,
        ),
        Document(
            path=environment.PATH,
            wanted=new == ENVIRONMENT_PREFIX,
            is_old=lambda text: environment.prefix_of(text) == old,
            forward=lambda text: environment.renamed(text, old, new),
            backward=lambda text: environment.renamed(text, new, old),
        ),
    )


def _replace(path: Path, text: str) -> None:
    """Write a file anew, whole or not at all, with the owner and the mode that it has."""
    status = path.stat()
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.chmod(status.st_mode)
    os.chown(part, status.st_uid, status.st_gid)
    part.replace(path)
