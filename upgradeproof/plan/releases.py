"""Releases: what identifies each, and what it works with, or how that differs from another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from upgradeproof.plan.components import Component, Place, check_graph, check_names, inherited
from upgradeproof.plan.loading import Model, misplaced, nearest
from upgradeproof.plan.names import Name


class Release(Model):
    """One version of the product."""

    name: Name
    packages: Mapping[str, str] = Field(default_factory=dict)
    """What identifies the release: a glob over the version of each package that matters."""
    kernel: str = ""
    """A glob over the running kernel's release (``uname -r``), proven on machines of their own
    kernel; empty: any."""
    components_from: str = ""
    """Another release: its components are this one's, too, except those that differ."""
    components_removed: tuple[str, ...] = ()
    """The components of the other release that this one does not work with any more."""
    component: tuple[Component, ...] = ()
    """What it works with: the ranges that it allows, and the graph of what is supported. With
    ``components_from`` only what differs: a component that is new, or some keys of one."""

    @model_validator(mode="after")
    def _components_fit(self) -> Self:
        check_names(self.component)
        if self.components_removed and not self.components_from:
            what = "`components_removed` goes with `components_from`"
            raise misplaced(what, "components_removed")
        if not self.components_from:
            check_graph(self.component, self._place)
        return self

    def _place(self, component: str, key: str) -> Place:
        """Return the position of a component's key; of one of the other release: that release."""
        own = [each.name for each in self.component]
        if component not in own:
            return ("components_from",)
        return ("component", own.index(component), *((key,) if key else ()))

    def after(self, base: Release) -> Release:
        """Return the release with all of its components, those of another one included.

        Raises an error of the plan when they don't fit together.
        """
        components = inherited(base.component, self.component, self.components_removed)
        check_graph(components, self._place)
        return self.model_copy(update={"component": components})


def with_components(releases: Sequence[Release]) -> tuple[Release, ...]:
    """Return the releases, each with all of its components.

    Raises an error of the plan, with the release's position, when one is not there or in a circle.
    """
    named = {release.name: (at, release) for at, release in enumerate(releases)}
    whole: dict[str, Release] = {}

    def resolve(at: int, release: Release, below: tuple[str, ...]) -> Release:
        other = release.components_from
        if not other:
            return release
        if other not in named:
            what = f"there is no release {other!r}; {nearest(other, set(named) - {release.name})}"
            raise misplaced(what, at, "components_from")
        if other in below:
            raise misplaced(f"{other!r} takes its components from itself", at, "components_from")
        if other not in whole:
            whole[other] = resolve(*named[other], (*below, other))
        try:
            return release.after(whole[other])
        except PydanticCustomError as error:
            context = error.context or {}
            raise misplaced(context["what"], at, *context["at"]) from None

    return tuple(resolve(at, release, (release.name,)) for at, release in enumerate(releases))
