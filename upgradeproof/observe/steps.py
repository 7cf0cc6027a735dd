"""The steps of a plan from observation: run for the observation, and written into the plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from upgradeproof.daemons import Preparation
from upgradeproof.plan.steps.apt import AptInstall
from upgradeproof.plan.steps.base import Script
from upgradeproof.plan.steps.run import Run

Install = AptInstall | Run


def install_steps(
    packages: Sequence[str], preparations: Sequence[Preparation] = ()
) -> tuple[Install, ...]:
    """Return the steps from a bare machine to the packages, with those before the packages.

    The lists are fetched once, by the first step that installs.
    """
    steps: list[Install] = []
    for each in preparations:
        if each.packages:
            steps.append(AptInstall(packages=each.packages, fetch_lists=not _fetched(steps)))
        steps.append(Run(title=each.title, script=each.script.lstrip("\n")))
    return (*steps, AptInstall(packages=tuple(packages), fetch_lists=not _fetched(steps)))


def actions_of(steps: Sequence[Install]) -> tuple[Script, ...]:
    """Return what the steps do; none of them reads a file."""
    return tuple(action for step in steps for action in step.actions(Path()))


def _fetched(steps: Sequence[Install]) -> bool:
    return any(isinstance(step, AptInstall) for step in steps)
