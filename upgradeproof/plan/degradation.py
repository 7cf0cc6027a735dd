"""What a plan promises of a service that loses what it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from upgradeproof.plan.loading import Model
from upgradeproof.plan.names import Id, PortNumber

if TYPE_CHECKING:
    from upgradeproof.plan.endpoint import Endpoint


class Alert(Model):
    """What the service tells a webhook that listens on its own machine's 127.0.0.1."""

    webhook_port: PortNumber
    """Where the product's configuration has the webhook; nothing else may listen there."""
    raised: str = Field(min_length=1)
    """Text that the alert must hold which comes when the backend is cut off."""
    cleared: str = Field(min_length=1)
    """Text that the alert must hold which comes when it is back."""


class Degradation(Model):
    """A service is cut off from its backend: it degrades instead of failing, and recovers."""

    id: Id
    endpoint: Id
    """The endpoint of the kind http or https that is asked all along, and stands on the backend."""
    cut: str = Field(min_length=1)
    """What cuts the backend off, such as ``systemctl stop postgresql``."""
    restore: str = Field(min_length=1)
    """What brings it back."""
    status: int = 200
    gives: str = Field(min_length=1)
    """Text that a degraded answer must hold, and a whole one must not."""
    not_found: Annotated[str, Field(pattern=r"^/")]
    """A path of the same service, behind the same backend, that there is not."""
    within_s: float = Field(default=30, gt=0, le=600)
    """How long it may take until it degrades, until it recovers, and until each alert comes."""
    alert: Alert | None = None

    def degraded(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint with what it gives while the backend is cut off."""
        return endpoint.model_copy(update={"status": self.status, "gives": self.gives})

    def missing(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint with the path that there is not, and what it gives there."""
        return endpoint.model_copy(update={"path": self.not_found, "status": 404, "gives": ""})
