"""How grave a finding of the preflight is."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """In the words of Leapp, the gravest first."""

    INHIBITOR = "inhibitor"
    """It stops the upgrade before it changes anything."""
    HIGH = "high"
    """It wants a decision."""
    INFO = "info"
    """It is good to know."""
