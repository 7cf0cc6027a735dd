"""The way of one cell through its states: the only code that changes a machine's state."""

from upgradeproof.journey.in_use import InUse
from upgradeproof.journey.journey import Journey, Toolbox
from upgradeproof.journey.state import State

__all__ = ["InUse", "Journey", "State", "Toolbox"]
