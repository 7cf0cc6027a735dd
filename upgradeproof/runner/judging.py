"""Judge the diff of two states' facts: each line is expected, with its reason, or a regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.known import DiffLine, Known
from upgradeproof.plan import Cell
from upgradeproof.probes import Difference, Facts, Probe, diff, every_probe, succession
from upgradeproof.probes.attribution import package_of
from upgradeproof.probes.text_diff import shortened
from upgradeproof.results import Change, ReasonSource
from upgradeproof.runner.known_changes import known_changes
from upgradeproof.states import StateName


def judge(
    cell: Cell,
    state: str,
    before: Facts,
    after: Facts,
    *,
    origin: Facts | None = None,
    baseline: Facts | None = None,
) -> tuple[Change, ...]:
    """Return the diff of two facts, each line with its reason if it is expected.

    The plan's reason comes first, then that of the known changes of the operating system, then the
    package that the change follows from. ``origin`` has the facts at the beginning of the
    upgrade, and ``baseline`` those that a change of a package is looked for in; both are ``before``
    by default.
    """
    probes = {probe.section: probe for probe in every_probe()}
    known = known_changes(cell, origin or before, after)

    def judged(line: Difference) -> Change:
        probe = probes[line.path.partition("/")[0]]
        kind = probe.kind(line, before, after)
        because = _Because(kind)
        detail = probe.detail(line, before, after)
        seen = DiffLine(
            path=line.path, kind=kind, before=line.before, after=line.after, detail=detail
        )
        found = next((each for each in known if each.entry.covers(seen)), None)
        if reason := cell.reason_for(state, line.path, kind, event=probe.events):
            because = _Because(kind, reason, "plan")
        elif found:
            because = _Because(kind, found.entry.reason, "known", found)
        elif reason := _explained(cell, probe, line, before, after, baseline=baseline):
            because = _Because(kind, reason, "package")
        owner = package_of(line, before, after)
        shown = shortened(detail) if because.reason else detail
        return _change(line, because, shown, package=owner)

    return tuple(judged(line) for line in diff(before, after))


def _explained(
    cell: Cell,
    probe: type[Probe[Any]],
    line: Difference,
    before: Facts,
    after: Facts,
    *,
    baseline: Facts | None,
) -> str:
    """Return which package a line follows from, or what the two states themselves show, or "".

    The facts of an intrusive probe are compared without those of the others, which a reason needs.
    """
    if baseline is None:
        return _of_a_package(cell, probe, line, before, after)
    reason = _of_a_package(cell, probe, line, baseline, after)
    return reason or ("" if probe.intrusive else probe.explain(line, before, after))


def _of_a_package(
    cell: Cell, probe: type[Probe[Any]], line: Difference, before: Facts, after: Facts
) -> str:
    """Return which package a line follows from, or "".

    A unit that the plan names is not explained by its successor, since the plan has to name that.
    The program that it runs may be the successor's: ``/usr/bin/python3`` is a link to it.
    """
    if reason := probe.explain(line, before, after):
        return reason
    named = cell.expect.units_in(StateName.INSTALLED)
    *parts, field = line.path.split("/")
    of_plan = field != "executable" and any(unit in (*parts, field) for unit in named)
    return "" if of_plan else succession.explain(line, before, after)


def judge_boot(before: Facts, after: Facts) -> tuple[Change, ...]:
    """Return what a boot of the old release changed: each line is expected for that reason."""
    probes = {probe.section: probe for probe in every_probe()}
    why = "a boot of the old release changes this, too"

    def judged(line: Difference) -> Change:
        kind = probes[line.path.partition("/")[0]].kind(line, before, after)
        return _change(line, _Because(kind, why, "boot"))

    return tuple(judged(line) for line in diff(before, after))


@dataclass(frozen=True)
class _Because:
    """What a line is, and why it is expected; without a reason it is not."""

    kind: ChangeKind
    reason: str = ""
    source: ReasonSource = "none"
    known: Known | None = None


def _change(line: Difference, because: _Because, detail: str = "", package: str = "") -> Change:
    return Change(
        path=line.path,
        before=line.before,
        after=line.after,
        expected=bool(because.reason),
        reason=because.reason,
        source=because.source,
        kind=because.kind,
        known=because.known.id if because.known else "",
        known_for=because.known.title if because.known else "",
        package=package,
        detail=detail,
    )
