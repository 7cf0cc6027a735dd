"""Publish the product's own packages in an APT repository."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from upgradeproof.plan.steps.base import Publish, Step


class AptRepository(Step):
    """Publish the releases up to this point, as a vendor's repository would have them."""

    step: Literal["apt-repository"] = "apt-repository"

    def actions(self, folder: Path) -> tuple[Publish, ...]:  # noqa: ARG002  # the protocol's
        """Return the publication; the cell determines its releases."""
        return (Publish(timeout_s=self.timeout_s),)
