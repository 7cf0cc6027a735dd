"""Migrate configuration to the formats of this release, and restore the old ones on a downgrade.

The original is saved. A downgrade restores it byte for byte if the migrated file was not edited;
otherwise the migrated file is converted, so that no edit is lost.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from lighthouse import configuration, environment, formats
from lighthouse.release import CONFIG_FORMAT, ENVIRONMENT_PREFIX

ORIGINALS = Path("/var/lib/lighthouse-config")


@dataclass(frozen=True)
class Document:
    """One file that has an old and a new format."""

    path: Path
    wanted: bool
    """Whether this release reads the new format."""
    is_old: Callable[[str], bool]
    forward: Callable[[str], str]
    backward: Callable[[str], str]

    def migrate(self, originals: Path) -> bool:
        """Write the file in its new format, save the original; return whether it was changed."""
        text = self.path.read_text(encoding="utf-8")
        if not self.wanted or not self.is_old(text):
            return False
        new = self.forward(text)
        originals.mkdir(mode=0o700, parents=True, exist_ok=True)
        original = originals / self.path.name
        shutil.copy2(self.path, original)
        _replace(self.path, new)
        return True

    def restore(self, originals: Path) -> bool:
        """Write the file in its old format; return whether it was changed."""
        text = self.path.read_text(encoding="utf-8")
        if self.is_old(text):
            return False
        original = originals / self.path.name
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
    """Replace a file atomically; its owner and its mode stay the same."""
    status = path.stat()
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.chmod(status.st_mode)
    os.chown(part, status.st_uid, status.st_gid)
    part.replace(path)
