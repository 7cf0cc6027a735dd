"""How long an endpoint may be unavailable during an upgrade."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from upgradeproof.plan.loading import Model
from upgradeproof.plan.names import Id

MIN_RATE_PER_S = 50
"""Twenty milliseconds between two requests, forty between two of one kind of connection: a downtime
is known to no less than that."""
MAX_WAITING = 250
"""Requests over one kind of connection that may be due before the first of them is late."""


class Disruption(Model):
    """The allowed downtime of one endpoint during the upgrade.

    Requests are sent at a fixed rate, in turns over persistent connections and over new ones. The
    budget applies to each kind of connection separately.
    """

    endpoint: Id
    """The endpoint of the kind http, https or tcp that is asked."""
    rate_per_s: float = Field(default=MIN_RATE_PER_S, ge=MIN_RATE_PER_S, le=500)
    """Requests in a second, half of them over each kind of connection."""
    answer_timeout_ms: float = Field(default=1000, ge=10, le=5000)
    """An answer that takes longer, counted from when it was due to be asked for, is no better than
    none."""
    max_downtime_ms: float = Field(ge=0)
    """How long one downtime may last."""
    max_total_downtime_ms: float = Field(ge=0)
    """How long all of them may last together."""

    @model_validator(mode="after")
    def _budgets_fit(self) -> Self:
        if self.max_total_downtime_ms < self.max_downtime_ms:
            raise ValueError("`max_total_downtime_ms` is less than `max_downtime_ms`")
        return self

    @model_validator(mode="after")
    def _not_too_many_wait(self) -> Self:
        waiting = self.rate_per_s / 2 * self.answer_timeout_ms / 1000
        if waiting > MAX_WAITING:
            raise ValueError(
                f"{waiting:g} requests would be due before one of them is late, "
                f"at most {MAX_WAITING} may: lower `rate_per_s` or `answer_timeout_ms`"
            )
        return self
