"""What a plan requires of a service whose backend is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from upgradeproof.plan.loading import Model
from upgradeproof.plan.names import Id, PortNumber

if TYPE_CHECKING:
    from upgradeproof.plan.endpoint import Endpoint


class Alert(Model):
    """What the service sends to a webhook that listens on its own machine's 127.0.0.1."""

    webhook_port: PortNumber
    """The port of the webhook in the product's configuration; no other process may listen there."""
    raised: str = Field(min_length=1)
    """Text of the alert that is sent when the backend is cut off."""
    cleared: str = Field(min_length=1)
    """Text of the alert that is sent when the backend is restored."""


class Degradation(Model):
    """A service is cut off from its backend: it degrades instead of failing, and recovers."""

    id: Id
    endpoint: Id
    """The endpoint of the kind http or https that depends on the backend."""
    cut: str = Field(min_length=1)
    """What cuts the backend off, such as ``systemctl stop postgresql``."""
    restore: str = Field(min_length=1)
    """What restores it."""
    status: int = 200
    contains: str = Field(min_length=1)
    """Text that a degraded answer must contain, and a complete one must not."""
    not_found: Annotated[str, Field(pattern=r"^/")]
    """A path of the same service that needs the same backend and does not exist."""
    within_s: float = Field(default=30, gt=0, le=600)
    """How long it may take until it degrades, it recovers, and each alert is received."""
    alert: Alert | None = None

    def degraded(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint as it must answer while the backend is cut off."""
        return endpoint.model_copy(update={"status": self.status, "contains": self.contains})

    def missing(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint with a path that does not exist, as it must answer there."""
        return endpoint.model_copy(update={"path": self.not_found, "status": 404, "contains": ""})
