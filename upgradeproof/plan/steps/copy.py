"""Copy a file of the product's folder to the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from upgradeproof.errors import PlanError
from upgradeproof.plan.steps.base import Step, Upload


class Copy(Step):
    """Write a file, with its folders; permissions are given as in ``chmod``, in octal."""

    step: Literal["copy"] = "copy"
    source: str
    path: str = Field(pattern=r"^/")
    mode: str = Field(default="0644", pattern=r"^[0-7]{3,4}$")
    owner: str = Field(default="root", pattern=r"^[a-z_][a-z0-9_-]*(:[a-z_][a-z0-9_-]*)?$")

    @property
    def writes(self) -> tuple[str, ...]:
        """Return the file that is copied."""
        return (self.path,)

    def actions(self, folder: Path) -> tuple[Upload, ...]:
        """Return the upload. Raises PlanError when the file isn't in the product's folder."""
        source = (folder / self.source).resolve()
        if not source.is_relative_to(folder.resolve()) or not source.is_file():
            raise PlanError(
                f"{folder / 'upgrade.toml'}: the file {self.source!r} that a copy step names "
                "is not in the product's folder",
                resolution=f"put it below {folder}, or mend `source`",
            )
        return (
            Upload(
                title=f"copy {self.source} to {self.path}",
                source=source,
                path=self.path,
                mode=int(self.mode, 8),
                owner=self.owner,
            ),
        )
