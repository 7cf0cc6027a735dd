"""What did not hold, in two forms: by cell, for the record, and by cause, to fix it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from upgradeproof.render import words
from upgradeproof.render.transcripts import plain
from upgradeproof.results import Cell, Change, Check, Run, State, Verdict
from upgradeproof.results.causes import consequences

LOUD = (Verdict.FAILED, Verdict.BROKEN)
UNPROVEN = (Verdict.FAILED, Verdict.BROKEN, Verdict.NEVER_RAN)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One check that did not hold on one cell, or one state that was not reached.

    ``also`` names the further checks of the cell that give the very same reason: when a machine
    dies, every later check has that reason.
    """

    cell: Cell
    verdict: Verdict
    name: str
    sentence: str
    reason: str
    also: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    """Ids of the failed checks that follow from this one."""
    follows: str = ""
    """The id of the failed check that this one follows from; empty: it may be a cause."""

    @property
    def first_line(self) -> str:
        """Return the reason in a line."""
        return self.reason.strip().partition("\n")[0]


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Findings with the same reason on several cells: probably one cause."""

    first: Finding
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class Record:
    """A cell that proves nothing good, for paper: findings in full, what never ran by name."""

    cell: Cell
    verdict: Verdict
    upgrade: str
    gist: str
    findings: tuple[Finding, ...]
    never_ran: tuple[str, ...]
    regressions: tuple[tuple[str, Change], ...]


def is_loud(check: Check) -> bool:
    """Return whether a check is a finding: it failed, broke, or never ran for a known reason."""
    unheard = check.verdict is Verdict.NEVER_RAN and check.reason
    return check.verdict in LOUD or bool(unheard)


def records(run: Run) -> tuple[Record, ...]:
    """Return the selected cells that failed, broke or never ran, worst first."""
    return of_cells((cell, cell.verdict) for cell in run.cells if cell.selected)


def of_cells(selected: Iterable[tuple[Cell, Verdict]]) -> tuple[Record, ...]:
    """Return those of the cells that failed, broke or never ran, worst first."""
    unproven = [(cell, verdict) for cell, verdict in selected if verdict in UNPROVEN]
    unproven.sort(key=lambda item: UNPROVEN.index(item[1]))
    return tuple(
        Record(
            cell=cell,
            verdict=verdict,
            upgrade=words.upgrade_title(cell),
            gist=words.gist(cell, verdict),
            findings=merge(find(cell)),
            never_ran=tuple(c.id for c in cell.checks if c.verdict is Verdict.NEVER_RAN),
            regressions=tuple(
                (state.name, change)
                for state in cell.states
                for change in state.changes
                if not change.expected
            ),
        )
        for cell, verdict in unproven
    )


def causes(found: tuple[Record, ...]) -> tuple[Cause, ...]:
    """Return the findings of all cells, those alike as one; worst first, then the widest.

    Consequences are left out: they are shown with their cause.
    """
    alike: dict[tuple[Verdict, str, str], list[Finding]] = {}
    for record in found:
        for finding in (each for each in record.findings if not each.follows):
            key = (finding.verdict, finding.name, finding.first_line)
            alike.setdefault(key, []).append(finding)
    return tuple(
        Cause(first=group[0], cells=tuple({f.cell.id: f.cell for f in group}.values()))
        for group in sorted(
            alike.values(), key=lambda group: (UNPROVEN.index(group[0].verdict), -len(group))
        )
    )


def find(cell: Cell) -> Iterator[Finding]:
    """Yield what failed or broke on a cell, in the order in which it happened, causes first.

    A check that never ran is among it where the reason is known. A state that was not reached is
    left out where a check has its reason: the check that the upgrade completes.
    """
    roots = consequences(cell.checks)
    if cell.reason:
        yield Finding(
            cell=cell,
            verdict=cell.verdict,
            name="the cell",
            sentence="The cell as a whole",
            reason=plain(cell.reason),
        )
    carried = {check.reason for check in cell.checks if check.verdict in LOUD}
    for state in cell.states:
        if state.verdict in UNPROVEN and state.reason not in carried:
            yield _of_state(cell, state)
    for check in sorted(cell.checks, key=lambda check: check.id in roots):
        if is_loud(check):
            yield _of_check(cell, check, roots)


def merge(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings of one cell, those of one reason as the first of them."""
    merged: dict[tuple[Verdict, str, str], Finding] = {}
    for finding in found:
        key = (finding.verdict, finding.reason or finding.name, finding.follows)
        first = merged.setdefault(key, finding)
        if first is not finding:
            merged[key] = replace(first, also=(*first.also, finding.name))
    return tuple(merged.values())


def _of_state(cell: Cell, state: State) -> Finding:
    return Finding(
        cell=cell,
        verdict=state.verdict,
        name=f"the transition to {state.name}",
        sentence=f"The transition to {state.name.replace('_', ' ')}",
        reason=plain(state.reason),
    )


def _of_check(cell: Cell, check: Check, roots: Mapping[str, str]) -> Finding:
    _, sentence, subject = words.sentence(check)
    return Finding(
        cell=cell,
        verdict=check.verdict,
        name=check.id,
        sentence=f"{sentence} [{subject}]" if subject else sentence,
        reason=plain(check.reason),
        consequences=tuple(each for each, root in roots.items() if root == check.id),
        follows=roots.get(check.id, ""),
    )
