"""The plan of one cell: that of its product, with the overrides that select the cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, TypeVar, assert_never

from pydantic_core import PydanticCustomError

from upgradeproof.plan.expectations import Expectations
from upgradeproof.plan.images import Platform
from upgradeproof.plan.loading import Model, located, nearest
from upgradeproof.plan.model import Plan, Upgrade
from upgradeproof.plan.overrides import JoinedSteps, Override
from upgradeproof.plan.preflight import Preflight

T = TypeVar("T")
Numbered = tuple[int, Override]
"""An override, with its position in the plan."""


def overridden(plan: Plan, upgrade: Upgrade, platform: Platform) -> tuple[Plan, Upgrade]:
    """Return the plan and the upgrade of one cell; the same ones where no override selects it.

    A hop has the steps that it has as an upgrade of its own. The expectations are also those of an
    override that selects a hop. Raises PlanError when the result is wrong.
    """
    own = _selecting(plan, upgrade, platform)
    of_hops = {hop: _selecting(plan, plan.hop(hop), platform) for hop in upgrade.hops}
    if not own and not any(of_hops.values()):
        return plan, upgrade
    replaced: dict[tuple[str, ...], Upgrade] = {}
    for hop, overrides in of_hops.items():
        steps = reduce(_with_steps, (override for _, override in overrides), plan.hop(hop).steps)
        emptied = {"steps": steps, "expect": Expectations()}
        replaced[hop] = plan.hop(hop).model_copy(update=emptied)
    whole = _rolled_back(plan, replaced.get(upgrade.path, upgrade), own)
    whole = replaced[whole.path] = whole.model_copy(update={"expect": Expectations()})
    expecting = dict([*own, *(each for overrides in of_hops.values() for each in overrides)])
    changed: dict[str, Any] = {
        "upgrade": tuple(replaced.get(each.path, each) for each in plan.upgrade),
        "expect": _expectations(plan, upgrade, sorted(expecting.items(), key=lambda o: o[0])),
    }
    found = plan
    for _, override in own:
        install = _joined(found.install, override.install, override.inherit.install)
        limits = {key: getattr(override, key) for key in ("ready_timeout_s", "min_uptime_s")}
        given = {key: limit for key, limit in limits.items() if limit is not None}
        preflight = _preflight(found.preflight, override)
        found = found.model_copy(update={"install": install, "preflight": preflight, **given})
    return found.model_copy(update=changed), whole


def check_selections(plan: Plan, cells: Sequence[tuple[Upgrade, Platform]]) -> None:
    """Raise PlanError for a glob of an override that fits no cell, and for steps without effect."""
    known = [_ids(plan, upgrade, platform) for upgrade, platform in cells]
    hops = [
        _ids(plan, plan.hop(hop), platform) for upgrade, platform in cells for hop in upgrade.hops
    ]
    for at, override in enumerate(plan.override):
        for glob in override.select:
            if not any(override.selects(*each, only=glob) for each in known):
                names = {name for platform, upgrade, _ in known for name in (platform, upgrade)}
                what = f"{glob!r} fits no platform, no upgrade and no cell; {nearest(glob, names)}"
                raise located(plan.folder, what, "override", at, "select")
        if override.steps and not any(override.selects(*each) for each in hops):
            what = "no selected upgrade has steps of its own, so these have no effect"
            raise located(plan.folder, what, "override", at, "steps")


def _ids(plan: Plan, upgrade: Upgrade, platform: Platform) -> tuple[str, str, str]:
    """Return the ids that an override selects a cell by: of platform, of upgrade, and its own."""
    upgrade_id = plan.id_of(upgrade)
    return platform.id, upgrade_id, f"{platform.id}.{upgrade_id}"


def _selecting(plan: Plan, upgrade: Upgrade, platform: Platform) -> list[Numbered]:
    known = _ids(plan, upgrade, platform)
    return [(at, each) for at, each in enumerate(plan.override) if each.selects(*known)]


def _with_steps(steps: tuple[T, ...], override: Override) -> tuple[Any, ...]:
    return _joined(steps, override.steps, override.inherit.steps)


def _joined(base: tuple[T, ...], given: tuple[T, ...], how: JoinedSteps) -> tuple[T, ...]:
    match how:
        case "append":
            return (*base, *given)
        case "prepend":
            return (*given, *base)
        case "replace":
            return given
        case never:
            assert_never(never)


def _rolled_back(plan: Plan, upgrade: Upgrade, overrides: Sequence[Numbered]) -> Upgrade:
    """Return an upgrade with the rollback of the overrides."""
    for at, override in overrides:
        how = override.inherit
        limit_s = override.rollback_limit_s
        rollback = _joined(upgrade.rollback, override.rollback, how.rollback)
        left = _joined(upgrade.allowed_changes, override.allowed_changes, how.allowed_changes)
        given = {} if limit_s is None else {"rollback_limit_s": limit_s}
        if not rollback and (left or given):
            key = "allowed_changes" if left else "rollback_limit_s"
            key = key if key in override.model_fields_set else "rollback"
            what = f"{plan.id_of(upgrade)} has no steps of a rollback, with which {key} goes"
            raise located(plan.folder, what, "override", at, key)
        update = {"rollback": rollback, "allowed_changes": left, **given}
        upgrade = upgrade.model_copy(update=update)
    return upgrade


def _expectations(plan: Plan, upgrade: Upgrade, overrides: Sequence[Numbered]) -> Expectations:
    """Return all that is expected in a cell."""
    expect = plan.expect_of(upgrade)
    for at, override in overrides:
        emptied = dict.fromkeys(_replaced(override.inherit.expect), ())
        expect = expect.model_copy(update=emptied).merged(override.expect)
        try:
            expect.check_endpoints(())
        except PydanticCustomError as error:
            what = f"in {plan.id_of(upgrade)}: {(error.context or {})['what']}"
            raise located(plan.folder, what, "override", at, "expect") from None
    return expect


def _preflight(base: Preflight, override: Override) -> Preflight:
    given = override.preflight
    replaced = _replaced(override.inherit.preflight)
    update = {key: getattr(given, key) for key in given.model_fields_set}
    if "codes" in update and "codes" not in replaced:
        update["codes"] = {**base.codes, **given.codes}
    if "accept" in update and "accept" not in replaced:
        update["accept"] = (*base.accept, *given.accept)
    if "space" in update and "space" not in replaced:
        spaces = {space.path: space for space in (*base.space, *given.space)}
        update["space"] = tuple(spaces.values())
    return base.model_copy(update=update)


def _replaced(how: Model) -> list[str]:
    """Return the keys that an override gives instead of the plan's."""
    return [key for key in how.model_fields_set if getattr(how, key) == "replace"]
