"""Prove the suite itself: plant every known defect, see what catches it, and what cries wolf."""

from upgradeproof.defects.detecting import detect
from upgradeproof.defects.detection import Detection

__all__ = ["Detection", "detect"]
