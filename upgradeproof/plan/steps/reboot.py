"""Boot the machine again."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from upgradeproof.plan.steps.base import Reboot, Step


class RebootStep(Step):
    """Boot into the newest kernel, where the machine has one of its own; elsewhere say so."""

    step: Literal["reboot"] = "reboot"

    def actions(self, folder: Path) -> tuple[Reboot, ...]:  # noqa: ARG002  # the protocol's
        """Return the reboot."""
        return (Reboot(title="reboot", timeout_s=self.timeout_s),)
