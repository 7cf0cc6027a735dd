"""How long an endpoint may be unavailable during an upgrade."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from upgradeproof.plan.loading import Model
from upgradeproof.plan.names import Id

LEAST_PER_S = 50
"""Twenty milliseconds between two requests, forty between two of one kind of connection: a downtime
is known to no less than that."""
MOST_WAITING = 250
"""Requests over one kind of connection that may be due before the first of them is late."""


class Disruption(Model):
    """The allowed downtime of one endpoint during the upgrade.

    Requests are sent at a fixed rate, in turns over persistent connections and over new ones. The
    budget applies to each kind of connection separately.
    """

    endpoint: Id
    """The endpoint of the kind http, https or tcp that is asked."""
    rate_per_s: float = Field(default=LEAST_PER_S, ge=LEAST_PER_S, le=500)
    """Requests in a second, half of them over each kind of connection."""
    late_ms: float = Field(default=1000, ge=10, le=5000)
    """An answer that takes longer, counted from when it was due to be asked for, is no better than
    none."""
    longest_ms: float = Field(ge=0)
    """How long one downtime may last."""
    total_ms: float = Field(ge=0)
    """How long all of them may last together."""

    @model_validator(mode="after")
    def _budgets_fit(self) -> Self:
        if self.total_ms < self.longest_ms:
            raise ValueError("`total_ms` is less than `longest_ms`")
        return self

    @model_validator(mode="after")
    def _not_too_many_wait(self) -> Self:
        waiting = self.rate_per_s / 2 * self.late_ms / 1000
        if waiting > MOST_WAITING:
            raise ValueError(
                f"{waiting:g} requests would be due before one of them is late, "
                f"at most {MOST_WAITING} may: lower `rate_per_s` or `late_ms`"
            )
        return self
