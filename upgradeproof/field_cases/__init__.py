"""Real failures of upgrades, and unannounced bad releases: which check notices each, and why."""

from upgradeproof.field_cases.report import Outcome, Report
from upgradeproof.field_cases.running import try_cases

__all__ = ["Outcome", "Report", "try_cases"]
