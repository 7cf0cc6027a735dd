"""Processor cores and memory."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.plan.preflight import Amount
from upgradeproof.preflight.amounts import judge_amount, unknown
from upgradeproof.preflight.base import Situation
from upgradeproof.probes.resources import Given, Resources
from upgradeproof.results import Finding

GB = 1_000_000_000
MEANING = "With less, the new release is not supported, and may be slow or fail."


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield what there is too little of, and what the plan requires and is not known."""
    asked = situation.cell.plan.preflight
    given = situation.facts[Resources].get("given") or Given()
    memory_gb = None if given.memory_bytes is None else given.memory_bytes / GB
    yield from _judge(asked.cores, given.cores, name="cores", of="processor cores")
    yield from _judge(asked.memory_gb, memory_gb, name="memory", of="GB of memory")


def _judge(asked: Amount, have: float | None, *, name: str, of: str) -> Iterator[Finding]:
    if have is not None:
        remedy = f"give the machine {{}} {of}"
        yield from judge_amount(asked, have, name=name, of=of, meaning=MEANING, remedy=remedy)
    elif asked.asked:
        yield unknown(
            name=name,
            what=f"the number of {of}",
            why="The machine's /proc does not show it.",
            remedy="compare the production machine with the plan",
        )
