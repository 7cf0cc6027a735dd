"""How severe a finding of the preflight is."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """As in Leapp, the most severe first."""

    INHIBITOR = "inhibitor"
    """It stops the upgrade before it changes anything."""
    HIGH = "high"
    """It needs a decision."""
    INFO = "info"
    """It is information."""
