"""Publish the product's own packages in an APT repository."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from upgradeproof.plan.steps.base import Publish, Step


class AptRepository(Step):
    """Publish the releases of this point of the way, as a vendor's repository would hold them."""

    step: Literal["apt-repository"] = "apt-repository"

    def actions(self, folder: Path) -> tuple[Publish, ...]:  # noqa: ARG002  # the protocol's
        """Return the publication; which releases it holds is for the cell to say."""
        return (Publish(timeout_s=self.timeout_s),)
