"""What the sign-off page shows: a decision, arranged for a reader who does not know the tool."""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from upgradeproof.counting import counted
from upgradeproof.decision.comparison import Comparison, Kind
from upgradeproof.decision.deciding import Answer, Question
from upgradeproof.decision.model import Decision, JudgedCell, Reason
from upgradeproof.decision.policy import Effect
from upgradeproof.decision.printing import nonzero
from upgradeproof.decision.scan_rules import scan_lines
from upgradeproof.decision.waivers import Waiver
from upgradeproof.render import words
from upgradeproof.render.grid import natural
from upgradeproof.results import Cell, Run, Verdict

MAX_NAMES = 4
"""Cells that a line names; decision.json names all of them."""
MAX_GROUPS = 12
"""Reasons of one effect that the page lists."""
MAX_LINES = 12
"""Lines of the comparison, and of what was not proven."""
MAX_BROUGHT = 8
"""Changes that upgrades bring now, and did not bring before."""
LISTED = (Kind.REGRESSED, Kind.PROOF_LOST, Kind.STILL_FAILING, Kind.WAIVED, Kind.GONE, Kind.FIXED)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Equal reasons of several cells, as one line."""

    text: str
    check: str
    names: str
    resolution: str


@dataclass(frozen=True, kw_only=True)
class Groups:
    """The reasons of one effect; ``more`` counts those that are not listed."""

    effect: Effect
    groups: tuple[Group, ...]
    more: int


@dataclass(frozen=True, kw_only=True)
class Square:
    """One cell in the matrix."""

    cell: Cell
    judged: JudgedCell | None
    """None: the policy does not judge it."""

    @property
    def word(self) -> str:
        """Return the verdict as people state it, its waivers considered."""
        if not self.cell.selected:
            return "not run"
        if self.judged and self.judged.waived and self.judged.outcome == "go":
            return "passed with waivers"
        return words.WORDS[self.cell.verdict].word

    @property
    def remark(self) -> str:
        """Return why a cell does not count although its verdict is good; empty: it counts."""
        if self.judged is None or not self.judged.required or not self.cell.selected:
            return ""
        if self.judged.outcome == "cannot_tell":
            return "not enough proof"
        good = self.cell.verdict is Verdict.PASSED
        return "policy not met" if good and self.judged.outcome == "no_go" else ""

    @property
    def tone(self) -> str:
        """Return the class of its colour."""
        if not self.cell.selected:
            return Verdict.NEVER_RAN
        return "waived" if self.word == "passed with waivers" else self.cell.verdict


@dataclass(frozen=True, kw_only=True)
class Row:
    """One platform of the matrix."""

    platform: str
    squares: tuple[Square | None, ...]


@dataclass(frozen=True, kw_only=True)
class AcceptedView:
    """One waiver that is in use."""

    waiver: Waiver
    days_left: int
    checks: tuple[str, ...]
    cells: int


@dataclass(frozen=True, kw_only=True)
class View:
    """The whole page."""

    decision: Decision
    run: Run
    signers: tuple[str, ...]
    reasons: tuple[Groups, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    accepted: tuple[AcceptedView, ...]
    expired: tuple[Waiver, ...]
    comparison: Comparison | None
    lines: tuple[str, ...]
    more_lines: int
    counts: str
    brought: tuple[str, ...]
    more_brought: int
    scan: tuple[str, ...]
    """What the security scan looked for; empty: the run was not scanned."""
    fidelity: tuple[str, ...]
    unproven: tuple[str, ...]
    commands: tuple[tuple[Square, str], ...]


def view(question: Question, answer: Answer) -> View:
    """Arrange a decision."""
    run, decision = question.run, answer.decision
    judged = {each.cell: each for each in decision.cells}
    squares = [Square(cell=cell, judged=judged.get(cell.id)) for cell in run.cells]
    columns, rows = _matrix(squares)
    lines = _comparison_lines(answer.comparison)
    brought = _brought(answer.comparison)
    changed = decision.comparison.checks if decision.comparison else {}
    effects: tuple[Effect, ...] = ("no_go", "cannot_tell", "note")
    return View(
        decision=decision,
        run=run,
        signers=question.policy.signers,
        reasons=tuple(_groups(effect, decision.having(effect)) for effect in effects),
        columns=columns,
        rows=rows,
        accepted=tuple(_accepted(answer, decision)),
        expired=tuple(w for w in question.waivers.waiver if w.expired(question.at)),
        comparison=answer.comparison,
        lines=tuple(lines[:MAX_LINES]),
        more_lines=max(0, len(lines) - MAX_LINES),
        counts=nonzero({kind.word: n for kind, n in changed.items()}),
        brought=tuple(brought[:MAX_BROUGHT]),
        more_brought=max(0, len(brought) - MAX_BROUGHT),
        scan=tuple(scan_lines(question.scan)) if question.scan else (),
        fidelity=tuple(_fidelity(squares)),
        unproven=tuple(_unproven(run, judged)),
        commands=tuple(
            (
                square,
                f"pytest --upgradeproof-fresh --upgradeproof-cell={shlex.quote(square.cell.id)}",
            )
            for square in sorted(squares, key=lambda each: natural(each.cell.id))
            if square.cell.selected
        ),
    )


def _groups(effect: Effect, reasons: Sequence[Reason]) -> Groups:
    found: dict[tuple[str, str, str], list[str]] = {}
    for reason in reasons:
        key = (reason.text, reason.check, reason.resolution)
        found.setdefault(key, []).append(reason.cell)
    groups = [
        Group(text=text, check=check, resolution=resolution, names=_names(cells))
        for (text, check, resolution), cells in found.items()
    ]
    return Groups(
        effect=effect, groups=tuple(groups[:MAX_GROUPS]), more=max(0, len(groups) - MAX_GROUPS)
    )


def _names(cells: Iterable[str], limit: int = MAX_NAMES) -> str:
    """Return the names of cells, the first ones where there are many."""
    names = sorted(filter(None, dict.fromkeys(cells)), key=natural)
    more = len(names) - limit
    ending = f" and {more} more {'cell' if more == 1 else 'cells'}" if more > 0 else ""
    return ", ".join(names[:limit]) + ending


def _matrix(squares: Sequence[Square]) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Return the upgrades as columns, and the platforms as rows."""

    def title(cell: Cell) -> str:
        return f"{cell.product} {words.upgrade_title(cell)}"

    shown = [square for square in squares if square.cell.selected or square.judged]
    columns = sorted({title(square.cell) for square in shown}, key=natural)
    places = {(square.cell.platform, title(square.cell)): square for square in shown}
    platforms = sorted({square.cell.platform for square in shown}, key=natural)
    rows = (
        Row(platform=name, squares=tuple(places.get((name, column)) for column in columns))
        for name in platforms
    )
    return tuple(columns), tuple(rows)


def _accepted(answer: Answer, decision: Decision) -> Iterable[AcceptedView]:
    for waiver in answer.waived.used:
        covered = [each for each in decision.waived if each.waiver == waiver.id]
        yield AcceptedView(
            waiver=waiver,
            days_left=covered[0].days_left,
            checks=tuple(dict.fromkeys(each.check for each in covered)),
            cells=len({each.cell for each in covered}),
        )


def _comparison_lines(comparison: Comparison | None) -> list[str]:
    """Return what a release manager must see of a comparison; what got better is only counted."""
    if comparison is None:
        return []
    grouped: dict[tuple[Kind, str], list[str]] = {}
    for kind in LISTED:
        for line in comparison.of(kind):
            grouped.setdefault((kind, line.check), []).append(line.cell)
    return [
        *(
            f"{kind.word}: {check} on {_names(cells, 2)}"
            for (kind, check), cells in grouped.items()
        ),
        *(f"{new} is compared with {old}" for new, old in comparison.pairs),
        *(f"new cell: {name}" for name in comparison.new_cells),
        *(f"gone cell: {name}" for name in comparison.gone_cells),
        *(f"the plan of {name} changed" for name in comparison.plans_changed),
    ]


def _brought(comparison: Comparison | None) -> list[str]:
    """Return the changes that upgrades bring now, each once, the most frequent first."""
    found = Counter(words.change_text(each) for _, each in comparison.brought) if comparison else {}
    ordered = sorted(found, key=lambda text: (-found[text], natural(text)))
    return [
        f"{textwrap.shorten(text, 160, placeholder=' ...')}"
        f"{f' on {found[text]} cells' if found[text] > 1 else ''}"
        for text in ordered
    ]


def _fidelity(squares: Sequence[Square]) -> Iterable[str]:
    """Yield of how many cells that ran each property is proved; a cell that failed proves none."""
    ran = [square for square in squares if square.cell.selected]
    good = [square.cell for square in ran if square.tone in (Verdict.PASSED, "waived")]
    known = [cell.fidelity for cell in good if cell.fidelity]
    counts = {
        "on any machine": len(good),
        "on a machine with a kernel of its own": sum(each.own_kernel for each in known),
        "on a machine that its own boot loader started": sum(each.boot == "own" for each in known),
        "without emulation, so that absolute times count": sum(e.absolute_latency for e in known),
        "from states that this run built": len(good) - sum(map(_has_reused, good)),
    }
    return (f"{what}: {number} of {len(ran)}" for what, number in counts.items())


def _has_reused(cell: Cell) -> bool:
    return any(state.reused for state in cell.states)


def _unproven(run: Run, judged: dict[str, JudgedCell]) -> Iterable[str]:
    """Yield what the run states nothing about, the most frequent first."""
    left_out = [cell for cell in run.cells if not cell.selected]
    if left_out:
        optional = sum(cell.id not in judged or not judged[cell.id].required for cell in left_out)
        yield (
            f"{counted(len(left_out), 'cell')} of the plans did not run, {optional} of them "
            f"optional: {_names(cell.id for cell in left_out)}"
        )
    selected = [cell for cell in run.cells if cell.selected]
    deselected = sum(max(0, cell.checks_declared - len(cell.checks)) for cell in selected)
    if deselected:
        yield f"{counted(deselected, 'check')} of cells that ran: deselected"
    causes = Counter(
        (words.WORDS[check.verdict].word, check.reason.partition("\n")[0])
        for cell in selected
        for check in cell.checks
        if check.verdict in (Verdict.NOT_APPLICABLE, Verdict.NEVER_RAN, Verdict.BROKEN)
    )
    for (word, reason), number in causes.most_common(MAX_LINES):
        because = f": {reason}" if reason else ""
        yield f"{counted(number, 'check')} {word}{because}"
    if len(causes) > MAX_LINES:
        yield f"and {len(causes) - MAX_LINES} more causes, which run.json lists"
