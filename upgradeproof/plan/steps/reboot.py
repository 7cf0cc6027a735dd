"""Boot the machine again."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from upgradeproof.plan.steps.base import Reboot, Step


class RebootStep(Step):
    """Boot into the newest kernel, if the machine has its own kernel; else only report it."""

    step: Literal["reboot"] = "reboot"

    def actions(self, folder: Path) -> tuple[Reboot, ...]:  # noqa: ARG002  # the protocol's
        """Return the reboot."""
        return (Reboot(title="reboot", timeout_s=self.timeout_s),)
