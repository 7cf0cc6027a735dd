"""The way of one cell through its states: the only code that changes a machine's state."""

from upgradeproof.journey.journey import Journey
from upgradeproof.journey.state import State
from upgradeproof.journey.toolbox import Toolbox

__all__ = ["Journey", "State", "Toolbox"]
