"""The unexplained changes of a run as text: by cell and group, or as TOML for the plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from upgradeproof.counting import counted
from upgradeproof.known import KnownFiles
from upgradeproof.results import Cell, Verdict
from upgradeproof.review.groups import Group
from upgradeproof.review.resembling import resembling
from upgradeproof.review.summary import snippet
from upgradeproof.review.unexplained import Unexplained
from upgradeproof.states import OF_A_ROLLBACK, StateName

MAX_SHOWN = 5
"""Changes of a group that are listed; ``upgradeproof review`` shows all as its evidence."""


def listing(found: Sequence[Unexplained]) -> Iterator[str]:
    """Yield the lines of a list by cell, state and group."""
    for each in found:
        yield headline(each)
        for number, group in enumerate(each.groups, start=1):
            yield from described(group, number, each.known)
        yield ""


def headline(each: Unexplained) -> str:
    """Return the line above the groups of one state of a cell."""
    changes = sum(len(group.changes) for group in each.groups)
    groups = counted(len(each.groups), "group")
    return f"{each.cell.id}, {each.state.name}: {counted(changes, 'change')} in {groups}"


def described(group: Group, number: int, known: KnownFiles) -> Iterator[str]:
    """Yield the lines of one group: its changes, its globs, a known change that is like it."""
    yield f"  {number}. {group.title}: {counted(len(group.changes), 'change')}"
    for change in group.changes[:MAX_SHOWN]:
        yield f"     {_one_line(str(change))}"
    if (left := len(group.changes) - MAX_SHOWN) > 0:
        yield f"     and {left:,} more"
    yield f"     covered by {'  '.join(group.globs)}"
    if near := resembling(group, known):
        yield f"     {near}"


def evidence(each: Unexplained, group: Group) -> Iterator[str]:
    """Yield the values of every change of a group, with the diffs of text files."""
    for change in group.changes:
        yield f"  {change.path}"
        yield f"    before: {'(nothing)' if change.before is None else change.before}"
        yield f"    after:  {'(nothing)' if change.after is None else change.after}"
        yield from (f"    {line}" for line in change.detail.splitlines())
    yield from (f"  transcript: {step.transcript}" for step in each.state.steps if step.transcript)
    if each.state.facts:
        yield f"  facts: {each.state.facts}"


def as_toml(found: Sequence[Unexplained]) -> Iterator[str]:
    """Yield TOML for the plans, with empty reasons; what cells share is in each plan once."""
    done: set[tuple[str, ...]] = set()
    for each in found:
        rollback = each.state.name in OF_A_ROLLBACK
        header = "[[upgrade.allowed_changes]]" if rollback else "[[expect.change]]"
        of = each.cell.upgrade if rollback else each.cell.product
        keys = [(of, group.title, *group.globs) for group in each.groups]
        new = [group for group, key in zip(each.groups, keys, strict=True) if key not in done]
        done |= set(keys)
        if new:
            yield f"# {each.cell.id}, {each.state.name}"
            yield from snippet(new, header)[1:]
            yield ""


def not_upgraded(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield a line for each selected cell whose changes are not known."""
    for cell in cells:
        reached = {state.name for state in cell.states if state.verdict is Verdict.PASSED}
        if cell.selected and StateName.UPGRADED not in reached:
            yield f"{cell.id}: upgraded was not reached, and nothing is known of its changes"


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))
