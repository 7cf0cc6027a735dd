"""The plan of one product: the frozen form of its ``upgrade.toml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any, Self

from pydantic import Field, InstanceOf, ValidationInfo, field_validator, model_validator

from upgradeproof.errors import PlanError
from upgradeproof.plan.changes import KnownChange
from upgradeproof.plan.expectations import Expectations
from upgradeproof.plan.loading import Model, load, misplaced, nearest, repeated
from upgradeproof.plan.names import Name
from upgradeproof.plan.overrides import Override
from upgradeproof.plan.packages import Edit, OwnPackages
from upgradeproof.plan.preflight import Preflight
from upgradeproof.plan.releases import Release, with_components
from upgradeproof.plan.steps import AnyStep
from upgradeproof.plan.steps.repository import AptRepository


class Upgrade(Model):
    """One from -> to pair of releases; with ``via`` other upgrades perform it in sequence."""

    from_: Name = Field(alias="from")
    to: Name
    via: tuple[Name, ...] = ()
    platforms: tuple[str, ...] = Field(default=(), min_length=1)
    """Globs over platform ids such as ``debian-12-*.container``: where it starts from; where it
    gives none, those of ``[defaults]``."""
    tags: Mapping[Name, tuple[str, ...]] = Field(default_factory=dict)
    """Tags of its cells, each with globs over the platforms whose cells carry it."""
    steps: tuple[AnyStep, ...] = ()
    expect: Expectations = Expectations()
    rollback: tuple[AnyStep, ...] = ()
    """The product's own rollback to the old release; none: it has none."""
    allowed_changes: tuple[KnownChange, ...] = ()
    """What differs from before the upgrade after the rollback, and why that is correct; it may
    still exist when the upgrade was applied again."""
    rollback_limit_s: float = Field(default=300.0, gt=0)
    """How long the steps of the rollback may take together."""

    @model_validator(mode="after")
    def _left_behind_by_something(self) -> Self:
        limited = "rollback_limit_s" in self.model_fields_set
        if not self.rollback and (self.allowed_changes or limited):
            key = "allowed_changes" if self.allowed_changes else "rollback_limit_s"
            raise ValueError(f"{key} goes with the steps of a rollback")
        return self

    @model_validator(mode="after")
    def _steps_or_via(self) -> Self:
        if bool(self.via) == bool(self.steps):
            raise ValueError("an upgrade has either steps, or other upgrades that it goes via")
        return self

    @property
    def named(self) -> tuple[tuple[tuple[str | int, ...], str], ...]:
        """Return the releases that the upgrade names, each with where it does so."""
        between = (((("via", at), name)) for at, name in enumerate(self.via))
        return ((("from",), self.from_), *between, (("to",), self.to))

    @property
    def path(self) -> tuple[str, ...]:
        """Return the releases in the order in which they are reached."""
        return (self.from_, *self.via, self.to)

    @property
    def hops(self) -> tuple[tuple[str, str], ...]:
        """Return the from -> to pairs in the order in which they are carried out."""
        return tuple(zip(self.path, self.path[1:], strict=False))


class Defaults(Model):
    """What applies to each upgrade that does not specify otherwise."""

    platforms: tuple[str, ...] = Field(default=(), min_length=1)
    tags: Mapping[Name, tuple[str, ...]] = Field(default_factory=dict)

    def applied(self, upgrade: Upgrade) -> Upgrade:
        """Return an upgrade with the platforms and the tags that it does not give itself."""
        platforms = upgrade.platforms or self.platforms
        tags = {**self.tags, **upgrade.tags}
        return upgrade.model_copy(update={"platforms": platforms, "tags": tags})


class Plan(Model):
    """A product, its releases and upgrades, and what must hold."""

    schema_: str = Field(default="", alias="$schema")
    """For editors only: the path of the JSON Schema."""
    name: Name
    title: str = ""
    release: tuple[Release, ...] = Field(min_length=2)
    packages: OwnPackages | None = None
    """How the product's own packages are built; none: it comes from an archive."""
    install: tuple[AnyStep, ...] = Field(min_length=1)
    """The steps from a bare machine to the old release, installed and in use."""
    defaults: Defaults = Defaults()
    upgrade: tuple[Upgrade, ...] = Field(min_length=1)
    override: tuple[Override, ...] = ()
    """What applies to some cells only, in the order in which it is applied."""
    expect: Expectations = Expectations()
    preflight: Preflight = Preflight()
    captured: str = ""
    """The facts of a captured server, a file of the product's folder: `installed` is its twin, and
    is compared with them."""
    ready_timeout_s: float = Field(default=60.0, gt=0)
    """How long the services and ports may take to become ready after a state's last step."""
    min_uptime_s: float = Field(default=20.0, ge=0, le=120)
    """How long each service must run without a restart before it counts as up."""
    folder: InstanceOf[Path] = Field(default=Path(), exclude=True)
    """Where the product's files are; set by ``load_plan``."""
    edits: tuple[InstanceOf[Edit], ...] = Field(default=(), exclude=True)
    """What a defect changes in the sources of the release that an upgrade ends in."""

    @field_validator("release")
    @classmethod
    def _components_are_whole(cls, releases: tuple[Release, ...]) -> tuple[Release, ...]:
        return with_components(releases)

    @field_validator("upgrade")
    @classmethod
    def _defaults_are_applied(
        cls, upgrades: tuple[Upgrade, ...], info: ValidationInfo
    ) -> tuple[Upgrade, ...]:
        defaults = info.data.get("defaults")
        if defaults is None:  # it is wrong itself, which is the error
            return upgrades
        applied = tuple(defaults.applied(upgrade) for upgrade in upgrades)
        for at, upgrade in enumerate(applied):
            if not upgrade.platforms:
                raise misplaced("`platforms` is missing, here and in [defaults]", at)
        return applied

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        names = [release.name for release in self.release]
        if (again := repeated(names)) is not None:
            raise misplaced(f"there is another release {names[again]!r}", "release", again, "name")
        paths = [upgrade.path for upgrade in self.upgrade]
        for at, upgrade in enumerate(self.upgrade):
            for key, name in upgrade.named:
                if name not in names:
                    what = f"there is no release {name!r}; {nearest(name, names)}"
                    raise misplaced(what, "upgrade", at, *key)
        if (again := repeated(paths)) is not None:
            what = f"there is another upgrade {' -> '.join(paths[again])}"
            raise misplaced(what, "upgrade", again)
        return self

    @model_validator(mode="after")
    def _something_to_publish(self) -> Self:
        lists: dict[tuple[str | int, ...], tuple[AnyStep, ...]] = {("install",): self.install}
        for at, upgrade in enumerate(self.upgrade):
            lists[("upgrade", at, "steps")] = upgrade.steps
            lists[("upgrade", at, "rollback")] = upgrade.rollback
        for at, override in enumerate(self.override):
            for key in ("install", "steps", "rollback"):
                lists[("override", at, key)] = getattr(override, key)
        for where, steps in lists.items():
            for at, step in enumerate(steps):
                if isinstance(step, AptRepository) and self.packages is None:
                    raise misplaced("there is no [packages] to publish", *where, at)
        return self

    @model_validator(mode="after")
    def _hops_exist(self) -> Self:
        direct = {upgrade.path for upgrade in self.upgrade if not upgrade.via}
        for at, upgrade in enumerate(self.upgrade):
            for hop in upgrade.hops:
                if hop not in direct:
                    what = f"{' -> '.join(upgrade.path)} needs an upgrade {' -> '.join(hop)}"
                    raise misplaced(f"{what}, and there is none", "upgrade", at, "via")
        return self

    @model_validator(mode="after")
    def _endpoints_are_there(self) -> Self:
        self.expect.check_endpoints((), "expect")
        for at, upgrade in enumerate(self.upgrade):
            upgrade.expect.check_endpoints(self.expect.endpoint, "upgrade", at, "expect")
        expects = (
            self.expect,
            *(u.expect for u in self.upgrade),
            *(o.expect for o in self.override),
        )
        known = tuple(endpoint for expect in expects for endpoint in expect.endpoint)
        for at, override in enumerate(self.override):
            override.expect.check_endpoints(known, "override", at, "expect")
        return self

    @property
    def steps(self) -> Iterator[AnyStep]:
        """Yield every step of the plan."""
        yield from self.install
        for upgrade in self.upgrade:
            yield from upgrade.steps
            yield from upgrade.rollback
        for override in self.override:
            yield from override.install
            yield from override.steps
            yield from override.rollback

    def id_of(self, upgrade: Upgrade) -> str:
        """Return an upgrade's part of the ids of its cells, such as ``edge-stack-11-to-12``."""
        return f"{self.name}-{'-to-'.join(upgrade.path)}"

    def expect_of(self, upgrade: Upgrade) -> Expectations:
        """Return the plan's expectations with those of each hop and of an upgrade itself."""
        hops = [self.hop(hop).expect for hop in upgrade.hops]
        own = [upgrade.expect] if upgrade.via else []
        return reduce(Expectations.merged, [*hops, *own], self.expect)

    def release_named(self, name: str) -> Release:
        """Return a release that the plan is known to have."""
        return next(release for release in self.release if release.name == name)

    def hop(self, pair: tuple[str, str]) -> Upgrade:
        """Return the upgrade that carries one from -> to pair."""
        return next(upgrade for upgrade in self.upgrade if upgrade.path == pair)


def load_plan(path: Path) -> Plan:
    """Return the plan of one ``upgrade.toml``. Raises PlanError."""
    plan = load(path, Plan)
    captured = (path.parent / plan.captured).resolve()
    inside = captured.is_relative_to(path.parent.resolve()) and captured.is_file()
    if plan.captured and not inside:
        raise PlanError(
            f"{path}: there is no file {plan.captured!r}, which `captured` names, in the"
            " product's folder",
            resolution="capture the server again, or remove the key",
        )
    return plan.model_copy(update={"folder": path.parent})


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``upgrade.toml``, for editors."""
    schema = Plan.model_json_schema()
    for key in ("folder", "edits"):
        schema["properties"].pop(key)
    schema["$defs"].pop("Edit")
    schema["title"] = "upgrade.toml of upgradeproof"
    return schema
