"""What a cell must prove: every reason against it; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from upgradeproof.decision.model import Reason
from upgradeproof.decision.policy import CellRule, Effect, Policy
from upgradeproof.results import Cell, Verdict
from upgradeproof.results.health import health

MAX_TEXT = 300
"""Characters of a check's reason that a decision quotes; run.json has all of them."""


def cell_reasons(
    cell: Cell, rule: CellRule, policy: Policy, waived: Collection[tuple[str, str]]
) -> Iterator[Reason]:
    """Yield what speaks against a cell; for an optional cell all of it is a note."""
    if cell.selected:
        against = [*_of_selected(cell, policy, waived)]
        found = [*against, *_nothing_proven(cell, against), *_fidelity(cell, rule)]
        found += _health(cell, rule)
    else:
        found = [*_unselected(cell, policy)]
    for reason in found:
        yield reason if rule.required else reason.model_copy(update={"effect": "note"})


def _unselected(cell: Cell, policy: Policy) -> Iterator[Reason]:
    yield _reason(cell, policy.never_ran, "never_ran", "the run did not select the cell")


def _of_selected(
    cell: Cell, policy: Policy, waived: Collection[tuple[str, str]]
) -> Iterator[Reason]:
    yield from _states(cell, policy)
    for check in cell.checks:
        if check.verdict is Verdict.FAILED and (cell.id, check.id) not in waived:
            yield _reason(cell, "no_go", "failed", _quoted(check.reason) or "failed", check.id)
    yield from _together(cell, Verdict.BROKEN, policy.broken)
    yield from _together(cell, Verdict.NEVER_RAN, policy.never_ran)
    if (left_out := cell.checks_declared - len(cell.checks)) > 0:
        text = f"{left_out} of its {cell.checks_declared} checks were not selected"
        yield _reason(cell, policy.deselected, "deselected", text)


def _nothing_proven(cell: Cell, against: Collection[Reason]) -> Iterator[Reason]:
    """Yield that no check passed, where no other reason prevents a go."""
    verdicts = {check.verdict for check in cell.checks}
    if Verdict.PASSED in verdicts or any(reason.effect != "note" for reason in against):
        return
    if not verdicts:
        text = "the cell has no check"
    elif verdicts == {Verdict.NOT_APPLICABLE}:
        text = "no check of the cell is applicable"
    else:
        text = "no check of the cell passed"
    yield _reason(cell, "cannot_tell", "nothing_proven", text)


def _states(cell: Cell, policy: Policy) -> Iterator[Reason]:
    effects: dict[Verdict, Effect] = {
        Verdict.FAILED: "no_go",
        Verdict.BROKEN: policy.broken,
        Verdict.NEVER_RAN: policy.never_ran,
    }
    for state in cell.states:
        if state.verdict in effects:
            text = f"the state {state.name} was not reached: {_quoted(state.reason)}"
            yield _reason(cell, effects[state.verdict], str(state.verdict), text.rstrip(": "))


def _together(cell: Cell, verdict: Verdict, effect: Effect) -> Iterator[Reason]:
    """Yield one reason for all checks of a verdict: one cause often has many such checks."""
    checks = [check for check in cell.checks if check.verdict is verdict]
    if not checks:
        return
    words = {Verdict.BROKEN: "broke", Verdict.NEVER_RAN: "never ran"}
    number = f"{len(checks)} checks" if len(checks) > 1 else "1 check"
    because = next((_quoted(check.reason) for check in checks if check.reason), "")
    text = f"{number} {words[verdict]}{f': {because}' if because else ''}"
    yield _reason(cell, effect, str(verdict), text, checks[0].id)


def _fidelity(cell: Cell, rule: CellRule) -> Iterator[Reason]:
    found = str(cell.fidelity) if cell.fidelity else "no machine was started"
    if rule.own_kernel and not own_kernel(cell):
        text = f"the policy requires a kernel of its own: {found}"
        yield _reason(cell, "cannot_tell", "own_kernel", text)
    if rule.native_time and not native_time(cell):
        text = f"the policy requires native time: {found}"
        yield _reason(cell, "cannot_tell", "native_time", text)


def own_kernel(cell: Cell) -> bool:
    """Return whether the cell ran on a machine with its own kernel."""
    return cell.fidelity is not None and cell.fidelity.own_kernel


def native_time(cell: Cell) -> bool:
    """Return whether the cell ran without emulation and tunnel, so that absolute times count."""
    return cell.fidelity is not None and cell.fidelity.absolute_latency


def _health(cell: Cell, rule: CellRule) -> Iterator[Reason]:
    if rule.min_health is None:
        return
    found = health(cell)
    if found is None:
        text = "the health index is unknown: nothing was measured by requests"
        yield _reason(cell, "cannot_tell", "min_health", text)
    elif found.index < rule.min_health:
        text = f"the health index is {found.index}, below {rule.min_health}"
        yield _reason(cell, "no_go", "min_health", text)


def _reason(cell: Cell, effect: Effect, rule: str, text: str, check: str = "") -> Reason:
    return Reason(effect=effect, rule=rule, text=text, cell=cell.id, check=check)


def _quoted(text: str) -> str:
    """Return the first line of a reason, cut to what a page can show."""
    first = text.strip().partition("\n")[0]
    return first if len(first) <= MAX_TEXT else f"{first[: MAX_TEXT - 3]}..."
