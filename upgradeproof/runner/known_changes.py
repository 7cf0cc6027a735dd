"""The known changes of a plan: read from all folders that may have some, and selected by facts."""

from __future__ import annotations

from upgradeproof.extensions import folders_of
from upgradeproof.known import (
    Identity,
    Known,
    KnownFiles,
    check_selection,
    read_known,
    select,
)
from upgradeproof.machines.backends import own_kernel
from upgradeproof.plan import Cell, Plan, Upgrade
from upgradeproof.plan.overrides import Override
from upgradeproof.probes import Facts, every_probe
from upgradeproof.probes.kernel import Kernel, RunningKernel
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.system import System


def known_files(plan: Plan) -> KnownFiles:
    """Return the engine's files of known changes, and those next to a plan. Raises PlanError."""
    sections = tuple(probe.section for probe in every_probe())
    return read_known(folders_of(plan.folder), sections)


def check_known_changes(plan: Plan) -> None:
    """Raise PlanError for a wrong file of known changes, and for an id of the plan that is none."""
    files = known_files(plan)
    parts: tuple[Plan | Upgrade | Override, ...] = (plan, *plan.upgrade, *plan.override)
    for part in parts:
        check_selection(part.expect.known, files, plan.folder / "upgrade.toml")


def known_changes(cell: Cell, before: Facts, after: Facts) -> tuple[Known, ...]:
    """Return the known changes of a cell's upgrade, by the facts of its beginning and its end."""
    was, now = (_identity(cell, facts) for facts in (before, after))
    return select(known_files(cell.plan), was, now, cell.expect.known)


def _identity(cell: Cell, facts: Facts) -> Identity:
    """Return the machine's system and kernel; the kernel only where it is the machine's own."""
    system = facts.sections.get(System.section, {}).get("system")
    kernel = facts.sections.get(Kernel.section, {}).get("running")
    packages = facts.sections.get(Packages.section, {})
    own = own_kernel(cell.platform.machine)
    return Identity(
        system=system.id if isinstance(system, OperatingSystem) else "",
        version=system.version if isinstance(system, OperatingSystem) else "",
        kernel=kernel.release if own and isinstance(kernel, RunningKernel) else "",
        packages={
            name: package.version
            for name, package in packages.items()
            if isinstance(package, Package) and package.installed
        },
    )
