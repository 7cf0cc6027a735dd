"""Overrides: parts of a plan that are added or replaced on some cells only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from upgradeproof.globs import fits
from upgradeproof.plan.changes import KnownChange
from upgradeproof.plan.expectations import Expectations
from upgradeproof.plan.loading import Model, misplaced
from upgradeproof.plan.preflight import Preflight
from upgradeproof.plan.steps import AnyStep

Joined = Literal["append", "replace"]
"""What happens to a list that both the plan and an override have."""
JoinedSteps = Literal["append", "prepend", "replace"]


class InheritedExpectations(Model):
    """How the lists of an override's expectations are joined with those of the plan."""

    services: Joined = "append"
    service: Joined = "append"
    modules: Joined = "append"
    certificates: Joined = "append"
    port: Joined = "append"
    config: Joined = "append"
    endpoint: Joined = "append"
    firewall: Joined = "append"
    data: Joined = "append"
    command: Joined = "append"
    log: Joined = "append"
    load: Joined = "append"
    disruption: Joined = "append"
    degradation: Joined = "append"
    change: Joined = "append"


class InheritedPreflight(Model):
    """How the lists and tables of an override's preflight are joined with those of the plan."""

    space: Joined = "append"
    codes: Joined = "append"
    accept: Joined = "append"


class Inherit(Model):
    """How each list of an override is joined with that of the plan."""

    install: JoinedSteps = "append"
    steps: JoinedSteps = "append"
    rollback: JoinedSteps = "append"
    allowed_changes: Joined = "append"
    expect: InheritedExpectations = InheritedExpectations()
    preflight: InheritedPreflight = InheritedPreflight()


class Override(Model):
    """What applies to the selected cells, and to no others."""

    select: tuple[str, ...] = Field(min_length=1)
    """Globs over the id of the platform, of the upgrade, or of the cell."""
    inherit: Inherit = Inherit()
    install: tuple[AnyStep, ...] = ()
    steps: tuple[AnyStep, ...] = ()
    rollback: tuple[AnyStep, ...] = ()
    allowed_changes: tuple[KnownChange, ...] = ()
    rollback_limit_s: float | None = Field(default=None, gt=0)
    expect: Expectations = Expectations()
    preflight: Preflight = Preflight()
    ready_timeout_s: float | None = Field(default=None, gt=0)
    min_uptime_s: float | None = Field(default=None, ge=0, le=120)

    @model_validator(mode="after")
    def _something_is_joined(self) -> Self:
        for *parents, key in _keys(self.inherit):
            given: Any = self
            for parent in parents:
                given = getattr(given, parent)
            if key not in given.model_fields_set:
                name = ".".join((*parents, key))
                what = f"this override has no `{name}`: to remove the plan's, write an empty list"
                raise misplaced(what, "inherit", *parents, key)
        return self

    def selects(self, *ids: str, only: str = "") -> bool:
        """Return whether a glob fits one of the ids; ``only``: whether this one does."""
        globs = (only,) if only else self.select
        return any(fits(each, globs) for each in ids)


def _keys(model: Model) -> Iterator[tuple[str, ...]]:
    """Yield the keys that a table of ``inherit`` gives, those of its tables included."""
    for key in sorted(model.model_fields_set):
        value = getattr(model, key)
        if isinstance(value, Model):
            yield from ((key, *below) for below in _keys(value))
        else:
            yield (key,)
