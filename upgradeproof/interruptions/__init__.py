"""Interrupted upgrades: stop one at every step of dpkg, recover, and record the result."""

from upgradeproof.interruptions.faults import FAULTS
from upgradeproof.interruptions.sweep import Outcome, sweep
from upgradeproof.interruptions.table import table

__all__ = ["FAULTS", "Outcome", "sweep", "table"]
