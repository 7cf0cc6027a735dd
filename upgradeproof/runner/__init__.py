"""The way of one cell through its states: the only code that changes a machine's state."""

from upgradeproof.runner.context import RunContext
from upgradeproof.runner.in_use import InUse
from upgradeproof.runner.outage import Outages
from upgradeproof.runner.runner import Runner
from upgradeproof.runner.state import State
from upgradeproof.runner.under_load import UnderLoad

__all__ = ["InUse", "Outages", "RunContext", "Runner", "State", "UnderLoad"]
