"""How much of a captured server is so in its twin, as plain data for the reports."""

from __future__ import annotations

import math
from typing import Any

from upgradeproof.results import CaptureFidelity

SHOWN = 200
"""Differences of one section that a report lists; run.json has all of them."""


def percent(agree: int, facts: int) -> str:
    """Return a share in percent, rounded down: 100 % means that every fact agrees."""
    return f"{math.floor(1000 * agree / facts) / 10:g} %" if facts else "nothing to compare"


def sections(fidelity: CaptureFidelity | None) -> dict[str, Any] | None:
    """Return the sections, each with what differs; None where a cell is no twin."""
    if fidelity is None:
        return None
    agree = sum(section.agree for section in fidelity.sections)
    facts = sum(section.facts for section in fidelity.sections)
    return {
        "server": fidelity.server,
        "share": percent(agree, facts),
        "sections": [
            {
                "name": section.section,
                "share": percent(section.agree, section.facts),
                "text": f"{section.agree} of {section.facts} agree",
                "differences": section.differences[:SHOWN],
                "more": max(0, len(section.differences) - SHOWN),
            }
            for section in fidelity.sections
            if section.facts
        ],
    }
