"""Cells: every platform x every upgrade that the plans declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import assert_never

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.errors import PlanError
from upgradeproof.extensions import contained
from upgradeproof.globs import fits
from upgradeproof.plan.expectations import Expectations
from upgradeproof.plan.images import Image, Platform, platforms
from upgradeproof.plan.loading import nearest
from upgradeproof.plan.model import Plan, Upgrade
from upgradeproof.plan.overriding import check_selections, overridden
from upgradeproof.plan.releases import Release
from upgradeproof.plan.steps import Planned, Publish, Step
from upgradeproof.states import OF_A_ROLLBACK, STATES, StateName, has_new_release


@dataclass(frozen=True)
class Cell:
    """One platform x one upgrade: the unit of the matrix, of scheduling and of reporting."""

    plan: Plan
    upgrade: Upgrade
    platform: Platform

    @property
    def upgrade_id(self) -> str:
        """Return the upgrade's part of the id, such as ``edge-stack-11-to-12``."""
        return self.plan.id_of(self.upgrade)

    @property
    def id(self) -> str:
        """Return the id by which the cell is selected, scheduled and reported."""
        return f"{self.platform.id}.{self.upgrade_id}"

    @property
    def tags(self) -> tuple[str, ...]:
        """Return what ``pytest -m`` selects the cell by: the plan's tags, then the platform's."""
        own = (
            tag for tag, patterns in self.upgrade.tags.items() if fits(self.platform.id, patterns)
        )
        return (*own, self.platform.architecture, self.platform.machine)

    @property
    def old(self) -> Release:
        """Return the release that is installed first."""
        return self.plan.release_named(self.upgrade.from_)

    @property
    def new(self) -> Release:
        """Return the release that the upgrade must end in."""
        return self.plan.release_named(self.upgrade.to)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return the steps of the upgrade, of all its hops in their order."""
        return tuple(step for hop in self.upgrade.hops for step in self.plan.hop(hop).steps)

    @cached_property
    def expect(self) -> Expectations:
        """Return the plan's expectations with those of each hop and of the upgrade itself."""
        return self.plan.expect_of(self.upgrade)

    @property
    def ports(self) -> tuple[int, ...]:
        """Return the TCP ports to which this host sends requests."""
        asked = {e.port for e in self.expect.endpoint if e.published}
        asked |= {filtered.port for filtered in self.expect.firewall}
        return tuple(sorted(asked | {self.expect.port_after(port) for port in asked}))

    @property
    def states(self) -> tuple[StateName, ...]:
        """Return the states that the cell goes through, in order."""
        return tuple(s for s in STATES if self.upgrade.rollback or s not in OF_A_ROLLBACK)

    def release(self, state: str) -> Release:
        """Return the release that a state must hold."""
        return self.new if has_new_release(state) else self.old

    def reason_for(
        self, state: str, path: str, kind: ChangeKind | None = None, *, event: bool = False
    ) -> str | None:
        """Return why a change of the facts is expected in a state, or None: it is not.

        What the upgrade changes is no reason for two upgrades to end otherwise, only for what may
        happen on either way (``event``): in ``upgraded_again`` the rest must be what it was, or
        what the rollback left behind.
        """
        left = (known.reason for known in self.upgrade.allowed_changes if known.covers(path, kind))
        match StateName(state):
            case StateName.ROLLED_BACK:
                return next(left, None)
            case StateName.UPGRADED_AGAIN:
                return next(left, self.expect.reason_for(path, kind) if event else None)
            case StateName.UPGRADED:
                return self.expect.reason_for(path, kind) or self._written(path, kind)
            case (
                StateName.BASE
                | StateName.INSTALLED
                | StateName.INSTALLED_REBOOTED
                | StateName.REBOOTED
            ):
                return self.expect.reason_for(path, kind)
            case never:
                assert_never(never)

    def _written(self, path: str, kind: ChangeKind | None) -> str | None:
        """Return that a step of the upgrade itself writes the file at this path of the diff."""
        section, _, file = path.partition("/")
        if section not in {"files", "edited_files", "temporary_files"} or kind == "removed":
            return None
        file = file.removesuffix("/sha256").removesuffix("/md5")
        for step in self.steps:
            if step.writes(file, self.plan.folder):
                return f"the step {getattr(step, 'step', '')} of the upgrade writes this file"
        return None

    def actions(self, state: str) -> tuple[Planned, ...]:
        """Return what leads to a state from the one before it."""
        match StateName(state):
            case StateName.BASE | StateName.INSTALLED_REBOOTED | StateName.REBOOTED:
                return ()
            case StateName.INSTALLED:
                return self._compiled(self.plan.install, self.upgrade.path[:1])
            case StateName.ROLLED_BACK:
                return self._compiled(self.upgrade.rollback, self.upgrade.path)
            case StateName.UPGRADED | StateName.UPGRADED_AGAIN:
                return tuple(
                    action
                    for at, hop in enumerate(self.upgrade.hops, start=2)
                    for action in self._compiled(self.plan.hop(hop).steps, self.upgrade.path[:at])
                )
            case never:
                assert_never(never)

    def _compiled(self, steps: Sequence[Step], published: tuple[str, ...]) -> tuple[Planned, ...]:
        """Return the actions of steps; a vendor's repository keeps what it has published."""
        actions = (action for step in steps for action in _actions(step, self.plan.folder))
        return tuple(
            replace(action, releases=published) if isinstance(action, Publish) else action
            for action in actions
        )


def _actions(step: Step, folder: Path) -> tuple[Planned, ...]:
    with contained(f"the step {step.kind!r}", type(step).__module__):
        return step.actions(folder)


def expand(plans: Sequence[Plan], images: Mapping[str, Image]) -> tuple[Cell, ...]:
    """Return every cell of the plans, in the plans' own order.

    Raises PlanError when two plans share a name, a glob fits no platform, or a plan's files are
    not there.
    """
    names = [plan.name for plan in plans]
    if twice := {name for name in names if names.count(name) > 1}:
        raise PlanError(
            f"two plans share the name {min(twice)!r}",
            details="\n".join(str(p.folder / "upgrade.toml") for p in plans if p.name in twice),
            resolution="rename one of them: cell ids are made of the name",
        )
    cells: list[Cell] = []
    for plan in plans:
        for step in plan.steps:
            with contained(f"the check of the step {step.kind!r}", type(step).__module__):
                step.check(plan.folder)
        own = [
            (upgrade, platform)
            for upgrade in plan.upgrade
            for platform in _fitting(plan, upgrade, platforms(images))
        ]
        check_selections(plan, own)
        for upgrade, platform in own:
            its_plan, its_upgrade = overridden(plan, upgrade, platform)
            cells.append(Cell(its_plan, its_upgrade, platform))
    return tuple(cells)


def choose(cells: Sequence[Cell], globs: Sequence[str]) -> tuple[Cell, ...]:
    """Return the cells whose id fits one of the globs, in their own order; without a glob all.

    Raises PlanError for a glob that fits none.
    """
    for glob in globs:
        if not any(fnmatchcase(cell.id, glob) for cell in cells):
            raise PlanError(
                f"no cell fits {glob}",
                details=nearest(glob, [cell.id for cell in cells]),
                resolution="`upgradeproof plan` prints all cells",
            )
    return tuple(cell for cell in cells if not globs or fits(cell.id, globs))


def _fitting(plan: Plan, upgrade: Upgrade, candidates: Sequence[Platform]) -> tuple[Platform, ...]:
    ids = [platform.id for platform in candidates]
    for pattern in upgrade.platforms:
        if not any(fnmatchcase(i, pattern) for i in ids):
            own = upgrade.platforms != plan.defaults.platforms
            who = f"the upgrade {' -> '.join(upgrade.path)}" if own else "[defaults]"
            raise PlanError(
                f"{plan.folder / 'upgrade.toml'}: {who} names "
                f"the platform {pattern!r}, which no image offers; {nearest(pattern, ids)}"
            )
    return tuple(platform for platform in candidates if fits(platform.id, upgrade.platforms))
