"""The preflight: what prevents an upgrade, found before it changes anything.

It touches no machine: it judges the facts that were read of ``installed``. So it costs nothing, and
a cached state is judged again when the plan requires something else.
"""

from upgradeproof.preflight.base import Situation, examine, stop
from upgradeproof.results import Finding

__all__ = ["Finding", "Situation", "examine", "stop"]
