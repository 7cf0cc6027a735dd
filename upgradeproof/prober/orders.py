"""The orders of the prober: one line of JSON on its standard input."""

from __future__ import annotations

import math

from pydantic import Field

from upgradeproof.plan import Endpoint
from upgradeproof.results.base import Frozen

LINGER_S = 10.0
"""HAProxy, for one, takes a server back after 4 s of checks."""
TOO_LATE_S = 0.04
"""A request that could not be sent by then is not sent: it would prove nothing about when it was
due, and all that was due in a stall of the prober would come at once. Two busy processors wake a
process 3.5 to 21 ms late."""
BEGAN = b"began"
"""What it prints on its standard output when requests begin to be due."""


class Question(Frozen):
    """One endpoint: where it is asked, how often, and until when an answer counts."""

    endpoint: Endpoint
    ports: tuple[int, ...] = Field(min_length=1)
    """On 127.0.0.1 of this host. Of two, the second is the one that the plan moves it to: a request
    is good if either answers."""
    certificate: str = ""
    """Of the endpoint's ``ca``, in PEM; empty: this host's own store."""
    rate_per_s: float
    """Requests in a second, half of them over each kind of connection."""
    answer_timeout_ms: float
    recording: str
    """Path of the file that gets every request."""

    @property
    def timeout_s(self) -> float:
        """Return after which time an answer is not waited for; twice that after which it is late.

        So a late answer is distinguished from a missing one, and few requests still wait for a lost
        answer when the service is back.
        """
        return 2 * self.answer_timeout_ms / 1000

    @property
    def interval_s(self) -> float:
        """Return the time between two requests over one kind of connection."""
        return 2 / self.rate_per_s

    @property
    def max_in_flight(self) -> int:
        """Return how many requests may be in flight over one kind of connection.

        Twice as many as are due until the first of them times out: a prober that notices it late
        can still send the next ones.
        """
        return 2 * math.ceil(self.timeout_s / self.interval_s)


class Orders(Frozen):
    """All that one prober does."""

    questions: tuple[Question, ...] = Field(min_length=1)
    warm_up_s: float = 10.0
    """How long endpoints may take to answer well for the first time; then it begins anyway."""
    linger_s: float = LINGER_S
    """How long it goes on at the end while an endpoint does not answer well: a downtime is not over
    because the last step is. Longer than any budget, else one without an end would be within it."""
    longest_s: float = 4 * 3600.0
    """After that it ends on its own, also where the process that should end it is gone."""
