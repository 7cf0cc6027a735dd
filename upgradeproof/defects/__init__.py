"""Prove the suite itself: inject every known defect, record what detects it, and false alarms."""

from upgradeproof.defects.detecting import detect
from upgradeproof.defects.detection import Detection

__all__ = ["Detection", "detect"]
