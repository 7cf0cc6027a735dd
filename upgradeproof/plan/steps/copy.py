"""Copy a file or a folder of the product's folder to the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from upgradeproof.errors import PlanError
from upgradeproof.plan.manifest import OWNER_NAME
from upgradeproof.plan.steps.base import Step, Upload, UploadTree
from upgradeproof.plan.tree import Tree

FILE_MODE = "0644"
Owner = Annotated[str, Field(pattern=rf"^({OWNER_NAME})(:({OWNER_NAME}))?$")]


class Copy(Step):
    """Write a file, or a folder with all that is in it; modes are in octal, as in ``chmod``."""

    step: Literal["copy"] = "copy"
    source: str
    path: str = Field(pattern=r"^/")
    mode: str = Field(default="", pattern=r"^([0-7]{3,4})?$")
    """Empty: of a file 0644; of a folder's files what they have in the product's folder."""
    owner: Owner = "root"
    manifest: str = ""
    """A list of modes, owners and links in the format of mtree(5); goes with a folder."""

    def actions(self, folder: Path) -> tuple[Upload | UploadTree, ...]:
        """Return the upload. Raises PlanError when its source isn't in the product's folder."""
        source = self._found(folder, self.source, "a copy step names")
        if source.is_dir():
            return (
                UploadTree(
                    title=f"copy the folder {self.source} to {self.path}",
                    tree=self._tree(folder, source),
                    timeout_s=self.timeout_s,
                ),
            )
        if self.manifest:
            raise PlanError(
                f"{folder / 'upgrade.toml'}: a copy step has a manifest for {self.source!r}, "
                "which is no folder",
                resolution="give `mode` and `owner` instead",
            )
        return (
            Upload(
                title=f"copy {self.source} to {self.path}",
                source=source,
                path=self.path,
                mode=int(self.mode or FILE_MODE, 8),
                owner=self.owner,
            ),
        )

    def check(self, folder: Path) -> None:
        """Raise PlanError for what can't be copied, in a folder, too."""
        for action in self.actions(folder):
            if isinstance(action, UploadTree):
                action.tree.entries()

    def writes(self, path: str, folder: Path) -> bool:
        """Return whether a path is that of the file, or in the folder."""
        source = folder / self.source
        return self._tree(folder, source).holds(path) if source.is_dir() else path == self.path

    def _tree(self, folder: Path, source: Path) -> Tree:
        user, _, group = self.owner.partition(":")
        return Tree(
            source=source,
            path=self.path,
            mode=int(self.mode, 8) if self.mode else None,
            user=user,
            group=group or "root",
            manifest=self._found(folder, self.manifest, "a copy step has as manifest")
            if self.manifest
            else None,
        )

    def _found(self, folder: Path, name: str, role: str) -> Path:
        """Return a path that is there, in the product's folder. Raises PlanError."""
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not (path.is_file() or path.is_dir()):
            raise PlanError(
                f"{folder / 'upgrade.toml'}: {name!r}, which {role}, is no file and no folder "
                "in the product's folder",
                resolution=f"put it below {folder}, or correct the name",
            )
        return path
