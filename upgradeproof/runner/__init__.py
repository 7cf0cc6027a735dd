"""Run a cell: the only code that changes the state of a machine.

What a value passes through, in order: the plan's actions (``Runner``), their execution on the
active machine of the ``MachinePool`` (``Transition``, ``StepExecutor``), the facts that the probes
read, their proof (``proof``), the ``StateCache``, and the ``Recorder``. The ``RunContext`` holds
what all runners of one process work with.
"""

from upgradeproof.runner.context import RunContext
from upgradeproof.runner.in_use import InUse
from upgradeproof.runner.outage import Outages
from upgradeproof.runner.runner import Runner
from upgradeproof.runner.state import State
from upgradeproof.runner.under_load import UnderLoad

__all__ = ["InUse", "Outages", "RunContext", "Runner", "State", "UnderLoad"]
