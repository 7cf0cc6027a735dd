"""Declared checks: whether what must catch a defect is there at all, asked before anything runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from upgradeproof.defects.catalogue import Trial
from upgradeproof.defects.node_ids import check_of
from upgradeproof.defects.trial import CommandRunner, pytest_command
from upgradeproof.errors import HarnessError, PlanError
from upgradeproof.plan.loading import nearest

COLLECTION_TIMEOUT_S = 300.0
COLLECTED, NOTHING_COLLECTED = 0, 5
"""pytest's exit statuses of a collection that found tests, or none."""

Collected = Mapping[str, frozenset[str]]
"""The ids of the checks that pytest would run, by cell."""


def require_declared_checks(trials: Sequence[Trial], run: CommandRunner) -> None:
    """Raise PlanError, once, for all declared checks that there are not in the cells of a trial.

    Defects of a plan with the same states and loads have the same checks: they are collected
    once for all.
    """
    alike: defaultdict[tuple[str, bool, bool], list[Trial]] = defaultdict(list)
    for trial in trials:
        if trial.entry:
            defect = trial.entry.defect
            alike[trial.cell.plan.name, defect.with_rollback, defect.with_load].append(trial)
    missing: dict[str, None] = {}
    for group in alike.values():
        found = collect(group, run)
        missing |= dict.fromkeys(line for trial in group for line in unknown(trial, found))
    if missing:
        first, *others = missing
        raise PlanError(
            first,
            details="\n".join(others),
            resolution="`pytest --collect-only -q --upgradeproof-cell=...` prints the checks of a "
            "cell; those that boot a machine again are not run with defects, those of "
            "`rolled_back` only with `with_rollback`, those of loads only with `with_load`",
        )


def collect(trials: Sequence[Trial], run: CommandRunner) -> Collected:
    """Return the checks that trials of one plan would run, by the first one's defect.

    No machine is touched. Raises HarnessError when pytest can't collect them.
    """
    ids = tuple(dict.fromkeys(trial.cell.id for trial in trials))
    options = ("--collect-only", "--verbosity=-1", *(f"--upgradeproof-cell={cell}" for cell in ids))
    done = run(pytest_command(trials[0], *options), timeout_s=COLLECTION_TIMEOUT_S)
    if done.exit_status not in (COLLECTED, NOTHING_COLLECTED):
        raise HarnessError(
            f"the checks of {trials[0].cell.plan.name} can't be collected: "
            f"pytest ended with {done.exit_status}",
            details=done.tail,
            resolution="fix what `pytest --collect-only` reports",
        )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in done.text.splitlines():
        if known := check_of(line.strip(), ids):
            found[known[0]].add(known[1])
    return {cell: frozenset(found[cell]) for cell in ids}


def unknown(trial: Trial, collected: Collected) -> Iterator[str]:
    """Yield a line for each glob of ``detected_by`` that no check of the trial's cell fits."""
    if trial.entry is None:
        return
    checks = collected[trial.cell.id]
    for glob in trial.entry.defect.detected_by:
        if not any(fnmatchcase(check, glob) for check in checks):
            yield (
                f"{trial.entry.path}: `detected_by` names {glob!r}, which fits no check of "
                f"{trial.cell.id}; {nearest(glob, checks)}"
            )
