"""The preflight: what stands in the way of an upgrade, found before it changes anything.

It touches no machine: it judges the facts that were read of ``installed``. So it costs nothing, and
a kept state is judged anew whenever the plan asks for something else.
"""

from upgradeproof.preflight.base import Situation, examine, stop
from upgradeproof.results import Finding

__all__ = ["Finding", "Situation", "examine", "stop"]
