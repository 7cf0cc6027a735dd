"""What the security scan means for a decision, and what the sign-off page states about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from upgradeproof.counting import counted
from upgradeproof.decision.model import Reason
from upgradeproof.decision.policy import Effect, Policy
from upgradeproof.results.scan import Rule, Scan, SecurityFinding


def scan_reasons(policy: Policy, scan: Scan | None) -> Iterator[Reason]:
    """Yield a reason for the findings of each rule on each cell, and for what was not looked for.

    For an optional cell each of them is a note.
    """
    rules = policy.scan
    if scan is None:
        if rules.required:
            yield Reason(
                effect="cannot_tell",
                rule="scan.required",
                text="the policy requires a security scan, and the run was not scanned",
                resolution="`upgradeproof scan`, then decide again",
            )
        return
    for cell in scan.cells:
        required = policy.rule(cell.cell).required
        for part in cell.parts:
            for level, of_required in (("error", rules.errors), ("warning", rules.warnings)):
                if found := [each for each in part.open if each.level == level]:
                    effect: Effect = of_required if required else "note"
                    text = f"{part.rule}: {_text(part.rule, found, effect)}"
                    yield _reason(effect, f"scan.{level}s", text, cell.cell)
            if part.reason:
                yield _reason(
                    rules.not_applicable if required else "note",
                    "scan.not_applicable",
                    f"{part.rule} was not looked for: {part.reason}",
                    cell.cell,
                )


def scan_lines(scan: Scan) -> Iterator[str]:
    """Yield what was looked for, each rule with its counts over all cells."""
    for rule in Rule:
        parts = [part for cell in scan.cells for part in cell.parts if part.rule is rule]
        found = sum(len(part.open) for part in parts)
        findings = [each for part in parts for each in part.findings]
        answered = sum(bool(each.answer) for each in findings)
        notes = [each for each in findings if each.level == "note" and not each.answer]
        left_out = sum(bool(part.reason) for part in parts)
        texts = [
            counted(found, "finding") if found else "no finding",
            f"{counted(len(notes), 'note')} ({notes[0]})" if notes else "",
            f"{answered} answered" if answered else "",
            f"not looked for on {left_out} of {counted(len(parts), 'cell')}" if left_out else "",
        ]
        nothing = left_out == len(parts) and not (found or findings)
        shown = texts[-1:] if nothing else texts
        yield f"{rule}: {', '.join(filter(None, shown))}"


def _text(rule: Rule, found: Sequence[SecurityFinding], effect: Effect) -> str:
    """Return the first finding; of a note what it means: notes of all cells are one line."""
    if effect == "note":
        return rule.meaning.rstrip(".")
    more = f" (and {len(found) - 1} more)" if found[1:] else ""
    return f"{found[0]}{more}"


def _reason(effect: Effect, rule: str, text: str, cell: str) -> Reason:
    return Reason(effect=effect, rule=rule, text=f"security scan: {text}", cell=cell)
