"""A decision as text, for a terminal and the log of a pipeline."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.decision.deciding import Answer
from upgradeproof.decision.model import Decision, Reason
from upgradeproof.decision.policy import Effect

HEADINGS: dict[Effect, str] = {
    "no_go": "Reasons for NO-GO:",
    "cannot_tell": "Reasons for CAN'T TELL:",
    "note": "Notes:",
}


def lines(answer: Answer) -> Iterator[str]:
    """Yield the decision, every reason, every waived check and the comparison."""
    decision = answer.decision
    yield f"{decision.outcome.word}: {summary(decision)}"
    for effect, heading in HEADINGS.items():
        reasons = decision.having(effect)
        if reasons:
            yield heading
            yield from (f"  {line}" for reason in reasons for line in _reason(reason))
    if decision.waived:
        yield "Waived failures:"
    for each in decision.waived:
        yield f"  {each.cell} {each.check}"
        yield (
            f"    waiver {each.waiver} of {each.owner}, {each.ticket}, until {each.expires}: "
            f"{each.reason}"
        )
    if decision.comparison:
        counts = {kind.word: number for kind, number in decision.comparison.checks.items()}
        yield f"Since run {decision.comparison.baseline}: {nonzero(counts)}"


def summary(decision: Decision) -> str:
    """Return the decision in one sentence."""
    required = [cell for cell in decision.cells if cell.required]
    proven = sum(cell.outcome == "go" for cell in required)
    waivers = len({each.waiver for each in decision.waived})
    with_waivers = f", with {waivers} {'waivers' if waivers > 1 else 'waiver'}" if waivers else ""
    return (
        f"run {decision.run_id}, {proven} of {len(required)} required cells fulfil the policy"
        f"{with_waivers}"
    )


def nonzero(counts: dict[str, int]) -> str:
    """Return counts in words: ``2 fixed, 1 regressed``."""
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "no change"


def _reason(reason: Reason) -> Iterator[str]:
    yield f"{reason} [{reason.rule}]"
    if reason.resolution:
        yield f"  To do: {reason.resolution}"
