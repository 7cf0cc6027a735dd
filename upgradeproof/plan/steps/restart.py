"""Restart services."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Literal

from pydantic import Field

from upgradeproof.plan.names import UnitName
from upgradeproof.plan.steps.base import Script, Step


class Restart(Step):
    """Restart systemd units, and fail if one does not start."""

    step: Literal["restart"] = "restart"
    services: tuple[UnitName, ...] = Field(min_length=1)

    def actions(self, folder: Path) -> tuple[Script, ...]:  # noqa: ARG002  # the protocol's
        """Return one systemctl restart, with each unit's own output if it fails."""
        units = shlex.join(self.services)
        return (
            Script(
                title=f"restart {', '.join(self.services)}",
                script=(
                    f"systemctl restart -- {units} && systemctl is-active -- {units} || "
                    f"{{ systemctl status --no-pager --full -- {units}; exit 1; }}"
                ),
                timeout_s=self.timeout_s,
            ),
        )
