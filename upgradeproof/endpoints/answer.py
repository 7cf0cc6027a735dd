"""What an endpoint answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from upgradeproof.plan import Endpoint

TIMEOUT_S = 20.0
"""Limit of one answer: a machine may pause for seconds while its disk is being saved."""
LARGEST_BODY = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: a status where the protocol has one, the body, or why there is none."""

    status: int | None = None
    body: str = ""
    problem: str = ""
    client: str = field(default="", compare=False)
    """Who asked, where it is not this host: a program of the machine's, and its place."""
    warnings: tuple[str, ...] = field(default=(), compare=False)
    """What else that program printed."""

    def fits(self, endpoint: Endpoint) -> bool:
        """Return whether this is the answer that the plan expects of the endpoint."""
        if self.problem or endpoint.contains not in self.body:
            return False
        return self.status in (None, endpoint.status)
