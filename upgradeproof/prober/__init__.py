"""The prober sends requests to endpoints during a transition, and measures their downtimes.

It is a process of its own (``process``), begun and ended from here: it shares no interpreter with
the harness, and does not outlive it.
"""

from upgradeproof.prober.availability import availability, failed
from upgradeproof.prober.budget import over_budget, unknown
from upgradeproof.prober.orders import LINGER_S, Orders, Question
from upgradeproof.prober.prober import Prober
from upgradeproof.prober.recording import Recording, Sample, Stall

__all__ = [
    "LINGER_S",
    "Orders",
    "Prober",
    "Question",
    "Recording",
    "Sample",
    "Stall",
    "availability",
    "failed",
    "over_budget",
    "unknown",
]
