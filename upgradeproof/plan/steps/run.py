"""Run a shell script on the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from upgradeproof.plan.steps.base import Script, Step


class Run(Step):
    """Run a POSIX shell script as root, ended by the first command that fails."""

    step: Literal["run"] = "run"
    script: str = Field(pattern=r"\S")
    title: str = ""

    def actions(self, folder: Path) -> tuple[Script, ...]:  # noqa: ARG002  # the protocol's
        """Return the script."""
        title = self.title or self.script.strip().splitlines()[0]
        return (Script(title=title, script=f"set -e\n{self.script}", timeout_s=self.timeout_s),)
