"""Components that a release works with: the versions it allows, and what each needs in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from debian.debian_support import Version
from pydantic import AfterValidator, Field

from upgradeproof.plan.loading import Model, misplaced, nearest, repeated


def _is_a_version(text: str) -> str:
    if text:
        try:
            Version(text)
        except ValueError:
            raise ValueError("should be a version as dpkg compares them") from None
    return text


ComponentVersion = Annotated[str, AfterValidator(_is_a_version)]


class Component(Model):
    """One component: how its installed version is seen, and which versions the release allows."""

    name: str = Field(pattern=r"\S")
    package: str = ""
    """The package whose version counts."""
    command: str = ""
    """A command that prints the version, such as ``nginx -v``, if no package has it."""
    min: ComponentVersion = ""
    max: ComponentVersion = ""
    """The range, both ends included; empty: no limit."""
    supported: ComponentVersion = ""
    """The version of the support graph: the one that the release was proven with."""
    needs: tuple[str, ...] = ()
    """Names of the components that this one depends on."""
    installed_by_upgrade: bool = False
    """Whether the upgrade itself installs it: then the version before is ignored."""
    consequence: str = ""
    """What breaks outside of the range."""
    code: str = ""
    remedy: str = ""
    """The command that fixes it; empty: one is made of the package's name."""

    @property
    def problem(self) -> str:
        """Return why its keys don't fit together; empty: they do.

        Asked of a whole component: one that is given as a difference has only some of its keys.
        """
        if self.package and self.command:
            return "a component's version comes from a package or from a command, not both"
        if not (self.package or self.command) and (self.min or self.max):
            return "a range needs a `package` or a `command` for the version"
        if self.min and self.max and Version(self.min) > Version(self.max):
            return f"no version is at least {self.min} and at most {self.max}"
        return ""

    @property
    def judged(self) -> bool:
        """Return whether an installed version can be one that the release does not allow."""
        return bool((self.package or self.command) and (self.min or self.max or self.supported))

    @property
    def range(self) -> str:
        """Return which versions are allowed, as text; without a range only the graph's is."""
        match bool(self.min), bool(self.max):
            case True, True:
                return f"{self.min} to {self.max}"
            case True, False:
                return f"{self.min} or newer"
            case False, True:
                return f"{self.max} or older"
        return self.supported or "any version"

    def allows(self, version: str) -> bool:
        """Return whether the release works with an installed version.

        Raises ValueError when dpkg could not compare it.
        """
        if self.min or self.max:
            return not (
                (self.min and compare(version, self.min) < 0)
                or (self.max and compare(version, self.max) > 0)
            )
        return not self.supported or self.proven_with(version)

    def proven_with(self, version: str) -> bool:
        """Return whether an installed version is that of the support graph."""
        return bool(self.supported) and compare(version, self.supported) == 0


def compare(version: str, bound: str) -> int:
    """Compare as dpkg does, by as much of an installed version as the bound names.

    ``5:6.2.0+dfsg-3`` is neither below nor above ``6.2.0``: epoch, repacking and Debian revision
    describe its packaging. A bound that names one of them is compared with it. Raises ValueError
    for what is no version.
    """
    found, limit = Version(version), Version(bound)
    upstream = str(found.upstream_version)
    if "+" not in str(limit.upstream_version):
        upstream = upstream.partition("+")[0]
    epoch = f"{found.epoch or 0}:" if limit.epoch is not None else ""
    revision = f"-{found.debian_revision or 0}" if limit.debian_revision is not None else ""
    compared = Version(f"{epoch}{upstream}{revision}")
    return int(compared > limit) - int(compared < limit)


def roots(components: Sequence[Component]) -> tuple[Component, ...]:
    """Return the components that the release itself depends on: no other one needs them."""
    below = {name for component in components for name in component.needs}
    return tuple(component for component in components if component.name not in below)


Place = tuple[int | str, ...]
"""The position of something in a plan, as keys and indexes."""


def check_names(components: Sequence[Component]) -> None:
    """Raise an error of the plan unless the names of a release's own components are unique."""
    names = [component.name for component in components]
    if (again := repeated(names)) is not None:
        what = f"there is another component {names[again]!r}"
        raise misplaced(what, "component", again, "name")


def check_graph(components: Sequence[Component], place: Callable[[str, str], Place]) -> None:
    """Raise an error of the plan unless keys fit, needs exist, and no component needs itself.

    ``place`` returns the position of a component's key; the key "" is the component itself.
    """
    known = {component.name: component for component in components}
    for component in components:
        if component.problem:
            raise misplaced(component.problem, *place(component.name, ""))
        for name in component.needs:
            if name not in known:
                at = place(component.name, "needs")
                who = "" if at[-1] == "needs" else f", which {component.name!r} needs"
                raise misplaced(f"there is no component {name!r}{who}; {nearest(name, known)}", *at)
        if component.name in _below(component, known):
            what = f"{component.name!r} depends on itself"
            raise misplaced(what, *place(component.name, "needs"))


def inherited(
    base: Sequence[Component], own: Sequence[Component], removed: Sequence[str]
) -> tuple[Component, ...]:
    """Return the components of a release that names only what differs from another release.

    A component of the same name has the keys of the other release where it gives none itself.
    Raises an error of the plan for the removal of one that is not there, or that is given.
    """
    found = {component.name: component for component in base}
    for at, name in enumerate(removed):
        if name not in found:
            what = f"there is no component {name!r} to remove; {nearest(name, found)}"
            raise misplaced(what, "components_removed", at)
        del found[name]
    for at, component in enumerate(own):
        if component.name in removed:
            what = f"the component {component.name!r} is removed, and also defined"
            raise misplaced(what, "component", at, "name")
        given = {key: getattr(component, key) for key in component.model_fields_set}
        before = found.get(component.name, component)
        found[component.name] = before.model_copy(update=given)
    return tuple(found.values())


def _below(component: Component, known: dict[str, Component]) -> set[str]:
    """Return the names of all that a component depends on."""
    found: set[str] = set()
    waiting = list(component.needs)
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found.add(name)
            waiting.extend(known[name].needs)
    return found
