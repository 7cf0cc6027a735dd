"""What changed from an earlier run to this one: checks, measurements, and what upgrades bring."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from upgradeproof.decision.measures import Measure, measures
from upgradeproof.errors import PlanError
from upgradeproof.results import Cell, Change, Run, Verdict
from upgradeproof.states import StateName

Place = tuple[str, str]
"""A cell's id and a check's."""
UNKNOWN = (Verdict.NOT_APPLICABLE, Verdict.NEVER_RAN, Verdict.BROKEN)


class Kind(StrEnum):
    """State how a check changed; a check that did not change has no line."""

    REGRESSED = "regressed"
    PROOF_LOST = "proof_lost"
    STILL_FAILING = "still_failing"
    WAIVED = "waived"
    GONE = "gone"
    NEW = "new"
    FIXED = "fixed"
    PROOF_GAINED = "proof_gained"

    @property
    def word(self) -> str:
        """Return the kind as people state it."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One check that changed, or one that fails on."""

    cell: str
    check: str
    kind: Kind
    before: Verdict | None
    after: Verdict | None
    reason: str = ""

    def __str__(self) -> str:
        def word(verdict: Verdict | None) -> str:
            return verdict.replace("_", " ") if verdict else "not there"

        return (
            f"{self.kind.word}: {self.cell} {self.check}: {word(self.before)} -> {word(self.after)}"
        )


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """An earlier run, and the failed checks that were waived in it."""

    run: Run
    waived: Collection[Place] = ()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All that changed from the baseline to a run."""

    baseline: str
    """The id of the baseline's run."""
    run: str
    lines: tuple[Line, ...] = ()
    new_cells: tuple[str, ...] = ()
    gone_cells: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    brought: tuple[tuple[str, Change], ...] = ()
    """Changes that the upgrade of a cell brings now, and did not bring before."""
    dropped: tuple[tuple[str, Change], ...] = ()
    """Changes that the upgrade of a cell brought before, and does not bring any more."""
    pairs: tuple[tuple[str, str], ...] = ()
    """Cells of this run that are compared with a cell of another id: the upgrade of before."""
    plans_changed: tuple[str, ...] = ()
    """Products whose plan is not the same file content in both runs."""

    def of(self, kind: Kind) -> tuple[Line, ...]:
        """Return the lines of one kind."""
        return tuple(line for line in self.lines if line.kind is kind)


@dataclass
class _Before:
    """What the baselines know of each check."""

    verdicts: dict[Place, Verdict] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)


def compare(baselines: Sequence[Baseline], run: Run, waived: Collection[Place] = ()) -> Comparison:
    """Compare a run with earlier ones; the newest that knows a check is its baseline.

    A failure that was waived is never a baseline: the run before it is. Raises PlanError where the
    runs have no cell in common, since then nothing can be compared.
    """
    ordered = sorted(baselines, key=lambda each: each.run.started_at, reverse=True)
    newest = ordered[0].run
    now = {cell.id: cell for cell in run.cells if cell.selected}
    renamed = _renamed(ordered, now)
    before = _known(ordered, {old: new for new, old in renamed.items()})
    _refuse_strangers(before.cells, now, newest, run)
    both = [cell for name, cell in now.items() if name in before.cells]
    return Comparison(
        baseline=newest.run_id,
        run=run.run_id,
        lines=tuple(line for cell in both for line in _lines(cell, before, waived)),
        new_cells=tuple(name for name in now if name not in before.cells),
        gone_cells=tuple(name for name in before.cells if name not in now),
        measures=tuple(each for cell in both for each in measures(before.cells[cell.id], cell)),
        brought=tuple(
            (cell.id, each) for cell in both for each in _more(before.cells[cell.id], cell)
        ),
        dropped=tuple(
            (cell.id, each) for cell in both for each in _more(cell, before.cells[cell.id])
        ),
        pairs=tuple(renamed.items()),
        plans_changed=_plans_changed(newest, run),
    )


def _renamed(baselines: Sequence[Baseline], now: dict[str, Cell]) -> dict[str, str]:
    """Return the cells without a namesake, each with the cell of before that is its like.

    With each release of a product its upgrades have other names. A cell is compared with that of
    the same product, platform and number of hops, where each run has one without a namesake.
    """
    before = {cell.id: cell for each in baselines for cell in each.run.cells if cell.selected}
    old = _alone(cell for name, cell in before.items() if name not in now)
    new = _alone(cell for name, cell in now.items() if name not in before)
    return {cell.id: old[kind].id for kind, cell in new.items() if kind in old}


def _alone(cells: Iterable[Cell]) -> dict[tuple[str, str, int], Cell]:
    """Return cells by product, platform and number of hops, where there is only one of them."""
    found: dict[tuple[str, str, int], list[Cell]] = {}
    for cell in cells:
        kind = (cell.product, cell.platform, cell.upgrade.count("-to-"))
        found.setdefault(kind, []).append(cell)
    return {kind: same[0] for kind, same in found.items() if len(same) == 1}


def _known(baselines: Sequence[Baseline], names: Mapping[str, str]) -> _Before:
    """Return what is known of each check; ``baselines`` begin with the newest.

    ``names`` are those of this run for cells that have another one in the baselines.
    """
    before = _Before()
    for baseline in baselines:
        for cell in baseline.run.cells:
            if not cell.selected:
                continue
            name = names.get(cell.id, cell.id)
            before.cells.setdefault(name, cell)
            for check in cell.checks:
                if (cell.id, check.id) not in baseline.waived:
                    before.verdicts.setdefault((name, check.id), check.verdict)
    return before


def _refuse_strangers(before: dict[str, Cell], now: dict[str, Cell], newest: Run, run: Run) -> None:
    if before.keys() & now.keys():
        return

    def products(cells: dict[str, Cell]) -> str:
        return ", ".join(sorted({cell.product for cell in cells.values()})) or "none"

    raise PlanError(
        f"the runs {newest.run_id} and {run.run_id} are of different plans: they have no cell in "
        "common",
        details=f"products of {newest.run_id}: {products(before)}\n"
        f"products of {run.run_id}: {products(now)}",
        resolution="name two runs of the same plan; `upgradeproof plan` prints its cells",
    )


def _lines(cell: Cell, before: _Before, waived: Collection[Place]) -> Iterator[Line]:
    """Yield the lines of one cell, in the order of its checks; what is gone comes last."""
    checks = {check.id: check for check in cell.checks}
    gone = [name for where, name in before.verdicts if where == cell.id and name not in checks]
    for name in (*checks, *gone):
        was = before.verdicts.get((cell.id, name))
        check = checks.get(name)
        verdict = check.verdict if check else None
        kind = kind_of(was, verdict, waived=(cell.id, name) in waived)
        if kind is not None:
            yield Line(
                cell=cell.id,
                check=name,
                kind=kind,
                before=was,
                after=verdict,
                reason=check.reason if check else "",
            )


def kind_of(before: Verdict | None, after: Verdict | None, *, waived: bool) -> Kind | None:
    """Return how a check changed, by its verdicts; None where it is as it was."""
    match before, after:
        case _, None:
            return Kind.GONE
        case _, Verdict.FAILED if waived:
            return Kind.WAIVED
        case None, _:
            return Kind.NEW
        case Verdict.FAILED, Verdict.FAILED:
            return Kind.STILL_FAILING
        case _, Verdict.FAILED:
            return Kind.REGRESSED
        case _:
            return _without_failure(before, after)


def _without_failure(before: Verdict, after: Verdict) -> Kind | None:
    if after in UNKNOWN:
        return None if before in UNKNOWN else Kind.PROOF_LOST
    if before is Verdict.FAILED:
        return Kind.FIXED
    return Kind.PROOF_GAINED if before in UNKNOWN else None


def _more(old: Cell, new: Cell) -> Iterator[Change]:
    """Yield the changes that the upgrade brings in ``new`` and not in ``old``."""
    had = {(change.path, change.after) for change in _upgraded(old)}
    return (change for change in _upgraded(new) if (change.path, change.after) not in had)


def _upgraded(cell: Cell) -> tuple[Change, ...]:
    return next((state.changes for state in cell.states if state.name == StateName.UPGRADED), ())


def _plans_changed(old: Run, new: Run) -> tuple[str, ...]:
    was = {plan.product: plan.sha256 for plan in old.plans}
    return tuple(
        plan.product for plan in new.plans if was.get(plan.product, plan.sha256) != plan.sha256
    )
