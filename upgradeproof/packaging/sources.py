"""The sources of a product's packages: read once, edited for a defect, written out for a build."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from upgradeproof.errors import PlanError
from upgradeproof.plan.packages import Edit

_LEFT_OUT = "__pycache__"


class File(NamedTuple):
    """One file of the sources."""

    content: bytes
    program: bool
    """Whether it may be executed: all of a file's mode that counts."""


@dataclass(frozen=True)
class Sources:
    """Files by their path; two equal ones give the same packages."""

    files: Mapping[str, File]

    @classmethod
    def read(cls, folder: Path) -> Sources:
        """Return the files of a folder. Raises PlanError when there is none."""
        paths = sorted(
            path for path in folder.rglob("*") if path.is_file() and _LEFT_OUT not in path.parts
        )
        if not paths:
            raise PlanError(
                f"{folder} holds no sources of packages",
                resolution="fix `sources` of [packages] in the plan",
            )
        return cls(
            {
                str(path.relative_to(folder)): File(
                    path.read_bytes(), bool(path.stat().st_mode & 0o100)
                )
                for path in paths
            }
        )

    def edited(self, edits: Iterable[Edit]) -> Sources:
        """Return the sources with a defect's edits. Raises PlanError for one that does not fit."""
        files = dict(self.files)
        for edit in edits:
            files[edit.file] = _edited(files.get(edit.file), edit)
        return Sources(files)

    def digest(self) -> str:
        """Return the hash of everything in them."""
        whole = hashlib.sha256()
        for path, file in sorted(self.files.items()):
            sum_ = hashlib.sha256(file.content).hexdigest()
            whole.update(f"{path}\0{file.program}\0{sum_}\n".encode())
        return whole.hexdigest()

    def write(self, folder: Path) -> None:
        """Write them out, with modes of their own: not those of a user's checkout."""
        for path, file in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.content)
            target.chmod(0o755 if file.program else 0o644)


def _edited(file: File | None, edit: Edit) -> File:
    """Return a file after one edit; the old text of an edit must be in the file."""
    if not edit.old:
        if file is not None:
            raise _misfit(edit, "it exists, and an edit without `old` makes a new file")
        return File(edit.new.encode(), program=False)
    if file is None:
        raise _misfit(edit, "there is no such file")
    found = file.content.count(edit.old.encode())
    if found != 1:
        raise _misfit(edit, f"its text is there {found} times, not once: {edit.old!r}")
    return file._replace(content=file.content.replace(edit.old.encode(), edit.new.encode()))


def _misfit(edit: Edit, why: str) -> PlanError:
    return PlanError(
        f"the edit of {edit.file} does not fit the sources: {why}",
        resolution="fix the [[edit]] of the defect: the sources have changed since it was written",
    )
