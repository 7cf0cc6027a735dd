"""Defects: known-bad upgrades, each a small patch on a good one, to prove that the checks see them.

A product has them in ``defects/*.toml``; a defect's name is its file's.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from upgradeproof.errors import PlanError
from upgradeproof.globs import fits
from upgradeproof.plan.loading import Model, load
from upgradeproof.plan.model import Plan, Upgrade
from upgradeproof.plan.overrides import Override
from upgradeproof.plan.packages import Edit
from upgradeproof.plan.steps import AnyStep, Step
from upgradeproof.plan.steps.reboot import RebootStep


class Consequence(Model):
    """Checks that may fail in addition to those that catch a defect, and why they do."""

    checks: tuple[str, ...] = Field(min_length=1)
    reason: str = Field(min_length=8)


class Defect(Model):
    """One known failure, injected into an upgrade or built into its new release."""

    title: str
    description: str
    """The failure as it happens in the field, in one line."""
    cells: tuple[str, ...] = ("*",)
    """Globs over the ids of the cells in which it shows."""
    at: Literal["installed", "before", "before-reboot"] = "before"
    """Where its steps go: after the installation, so that the preflight sees them; before the
    upgrade's own; or before the upgrade's first reboot."""
    steps: tuple[AnyStep, ...] = ()
    edit: tuple[Edit, ...] = ()
    """Changes of the sources of the new release's packages, carried out in order."""
    detected_by: tuple[str, ...] = ()
    """Globs over check ids: each must fail."""
    stop_reason: str = ""
    """A glob over the reason for which the state is not reached, where no check can run."""
    allowed_failures: tuple[Consequence, ...] = ()
    with_rollback: bool = False
    """Whether the upgrade keeps its rollback, so that the checks of it can see the defect."""
    with_load: bool = False
    """Whether the plan's loads are sent, so that the checks of them can see the defect."""
    name: str = ""
    """The file's own name; set by ``load_defect``."""

    def injected(self, plan: Plan) -> Plan:
        """Return the plan with this defect in each of its upgrades."""
        upgrades = tuple(
            self._in(upgrade) if upgrade.steps else upgrade for upgrade in plan.upgrade
        )
        overrides = tuple(self._in_override(override) for override in plan.override)
        install = (*plan.install, *self.steps) if self.at == "installed" else plan.install
        return plan.model_copy(
            update={
                "install": install,
                "upgrade": upgrades,
                "override": overrides,
                "edits": self.edit,
            }
        )

    def shows_in(self, cell: str) -> bool:
        """Return whether the defect must be detected in a cell."""
        return fits(cell, self.cells)

    def catches(self, check: str) -> bool:
        """Return whether a failed check is one that must detect the defect."""
        return fits(check, self.detected_by)

    def unseen(self, failed: Sequence[str]) -> tuple[str, ...]:
        """Return the globs of ``detected_by`` that no failed check fits."""
        return tuple(g for g in self.detected_by if not any(fnmatchcase(c, g) for c in failed))

    def stops(self, reason: str) -> bool:
        """Return whether the upgrade stopped for the reason that this defect must cause."""
        return bool(self.stop_reason) and fnmatchcase(reason.partition("\n")[0], self.stop_reason)

    def allows(self, check: str) -> bool:
        """Return whether a check may fail in addition to those."""
        return any(fits(check, known.checks) for known in self.allowed_failures)

    def _in_override(self, override: Override) -> Override:
        """Return an override that keeps the defect where it has steps instead of the plan's."""
        update: dict[str, Any] = (
            {} if self.with_rollback else {"rollback": (), "allowed_changes": ()}
        )
        if not self.with_rollback:
            update["rollback_limit_s"] = None
        if override.inherit.steps == "replace":
            update["steps"] = self._among(override.steps)
        if override.inherit.install == "replace" and self.at == "installed":
            update["install"] = (*override.install, *self.steps)
        return override.model_copy(update=update)

    def _in(self, upgrade: Upgrade) -> Upgrade:
        without_rollback = {} if self.with_rollback else {"rollback": (), "allowed_changes": ()}
        return upgrade.model_copy(update={"steps": self._among(upgrade.steps), **without_rollback})

    def _among(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Return the steps of an upgrade with those of the defect where they belong."""
        reboots = [at for at, step in enumerate(steps) if isinstance(step, RebootStep)]
        at = reboots[0] if self.at == "before-reboot" and reboots else 0
        own = () if self.at == "installed" else self.steps
        return (*steps[:at], *own, *steps[at:])


def load_defect(path: Path) -> Defect:
    """Return the defect of one file. Raises PlanError."""
    defect = load(path, Defect).model_copy(update={"name": path.stem})
    if not defect.steps and not defect.edit:
        raise PlanError(
            f"{path}: the defect injects nothing",
            resolution="add [[steps]] of the upgrade, or an [[edit]] of the sources",
        )
    if not defect.detected_by and not defect.stop_reason:
        raise PlanError(
            f"{path}: no check is named for this defect",
            resolution="name checks in `detected_by`, or the reason of a stop in `stop_reason`",
        )
    return defect


def defect_files(plan: Plan) -> tuple[Path, ...]:
    """Return the files of a product's defects, by name."""
    return tuple(sorted(plan.folder.glob("defects/*.toml")))
