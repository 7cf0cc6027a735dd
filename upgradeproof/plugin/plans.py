"""What a run journals of the plans themselves: their files, and the changes that they expect."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.home import Home
from upgradeproof.plan import Cell
from upgradeproof.plan.expected_changes import expected_changes
from upgradeproof.probes import in_diffs
from upgradeproof.results import UnusedChange
from upgradeproof.results.journal import ChangeExpected, PlanDeclared


def plan_events(home: Home, cells: tuple[Cell, ...]) -> Iterator[PlanDeclared | ChangeExpected]:
    """Yield an event for each plan, and for each expected change that a diff can show."""
    yield from (PlanDeclared(plan=plan) for plan in home.declared_plans)
    for each in expected_changes(cells):
        if in_diffs(each.facts):
            yield ChangeExpected(
                change=UnusedChange(
                    product=each.product,
                    upgrade=each.upgrade,
                    facts=each.facts,
                    kind=each.kind,
                    reason=each.reason,
                ),
                cells=each.cells,
                states=each.states,
            )
