"""Processor cores and memory."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.preflight.amounts import judge_amount
from upgradeproof.preflight.base import Situation
from upgradeproof.probes.resources import Resources
from upgradeproof.results import Finding

GB = 1_000_000_000
MEANING = "With less, the new release is not supported, and may be slow or fail."


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield what there is too little of; an unknown amount is not judged."""
    asked = situation.cell.plan.preflight
    given = situation.facts[Resources].get("given")
    if given is None:
        return
    if given.cores is not None:
        yield from judge_amount(
            asked.cores,
            given.cores,
            name="cores",
            of="processor cores",
            meaning=MEANING,
            remedy="give the machine {} processor cores",
        )
    if given.memory_bytes is not None:
        yield from judge_amount(
            asked.memory_gb,
            given.memory_bytes / GB,
            name="memory",
            of="GB of memory",
            meaning=MEANING,
            remedy="give the machine {} GB of memory",
        )
