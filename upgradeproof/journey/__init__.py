"""The way of one cell through its states: the only code that changes a machine's state."""

from upgradeproof.journey.in_use import InUse
from upgradeproof.journey.journey import Journey
from upgradeproof.journey.outage import Outages
from upgradeproof.journey.state import State
from upgradeproof.journey.toolbox import Toolbox
from upgradeproof.journey.under_load import UnderLoad

__all__ = ["InUse", "Journey", "Outages", "State", "Toolbox", "UnderLoad"]
