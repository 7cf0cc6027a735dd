"""The way of one cell through its states: the only code that changes a machine's state."""

from upgradeproof.journey.journey import Journey, Toolbox
from upgradeproof.journey.state import State

__all__ = ["Journey", "State", "Toolbox"]
