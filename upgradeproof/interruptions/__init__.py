"""Interrupted upgrades: stop one at every step that dpkg takes, recover, see what came of it."""

from upgradeproof.interruptions.faults import FAULTS
from upgradeproof.interruptions.sweep import Outcome, sweep
from upgradeproof.interruptions.table import table

__all__ = ["FAULTS", "Outcome", "sweep", "table"]
