"""Judge the diff of two states' facts: each line is expected, with its reason, or a regression."""

from __future__ import annotations

from upgradeproof.known import KnownChanges, select
from upgradeproof.plan import Cell
from upgradeproof.probes import Difference, Facts, diff, every_probe
from upgradeproof.probes.attribution import package_of
from upgradeproof.probes.system import OperatingSystem, System
from upgradeproof.probes.text_diff import shortened
from upgradeproof.results import Change, ReasonSource


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
    package that the change follows from. ``origin`` holds the facts at the beginning of the
    upgrade, and ``baseline`` those that a change of a package is looked for in; both are ``before``
    by default.
    """
    probes = {probe.section: probe for probe in every_probe()}
    known = _known_changes(origin or before, after)

    def judged(line: Difference) -> Change:
        probe = probes[line.path.partition("/")[0]]
        source: ReasonSource = "plan"
        reason = cell.reason_for(state, line.path, event=probe.events)
        if reason is None:
            source, reason = "known", known.reason_for(line.path)
        if reason is None:
            source, reason = "package", probe.explain(line, baseline or before, after) or None
        detail = probe.detail(line, before, after)
        return _change(
            line,
            reason,
            source,
            detail if reason is None else shortened(detail),
            package=package_of(line, before, after),
        )

    return tuple(judged(line) for line in diff(before, after))


def judge_boot(before: Facts, after: Facts) -> tuple[Change, ...]:
    """Return what a boot of the old release changed: each line is expected for that reason."""
    why = "a boot of the old release changes this, too"
    return tuple(_change(line, why, "boot") for line in diff(before, after))


def _change(
    line: Difference,
    reason: str | None,
    source: ReasonSource,
    detail: str = "",
    package: str = "",
) -> Change:
    return Change(
        path=line.path,
        before=line.before,
        after=line.after,
        expected=reason is not None,
        reason=reason or "",
        source=source if reason is not None else "none",
        package=package,
        detail=detail,
    )


def _known_changes(before: Facts, after: Facts) -> KnownChanges:
    """Return what is known to change between the operating systems of two states."""
    was, now = (facts.sections.get(System.section, {}).get("system") for facts in (before, after))
    if not isinstance(was, OperatingSystem) or not isinstance(now, OperatingSystem):
        return KnownChanges(())
    return select(now.id, was.version, now.version) if was.id == now.id else KnownChanges(())
