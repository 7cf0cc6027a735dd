"""The settings that the recorder inside Locust gets by one variable of its environment."""

from __future__ import annotations

from upgradeproof.results.base import Frozen

VARIABLE = "UPGRADEPROOF_LOAD"


class Settings(Frozen):
    """The same for every process of one load."""

    rate_per_s: float | None
    """Arrivals in a second, of all processes together; None: the closed model."""
    warm_up_s: float
    duration_s: float
    answer_timeout_s: float
    generators: int
    """Processes that send."""
    ca: str = ""
    """The certificate that signs the server's, in PEM; empty: this host's own store."""
    result: str
    """Where the result goes."""

    @property
    def total_s(self) -> float:
        """Return the maximum time of the load, from its first request to its last answer.

        A task may be sent as late as it may be answered; a second is left to hand in what was
        recorded.
        """
        return self.warm_up_s + self.duration_s + self.answer_timeout_s + 1
