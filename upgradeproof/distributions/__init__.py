"""Distributions as data: their releases in order, and which of them an upgrade may not skip.

One TOML file describes one distribution; a file is found because it is there. A project has its own
in the folder ``distributions/``; one of the same name replaces the engine's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, model_validator

from upgradeproof.extensions import Kind, discover, once_per_project
from upgradeproof.plan import Plan
from upgradeproof.plan.loading import Model, load, located, misplaced, repeated
from upgradeproof.plan.steps import Step
from upgradeproof.plan.steps.apt import AptSources

DISTRIBUTIONS = Kind(
    name="distributions", noun="distribution", engine=__name__, suffix=".toml", replaces=True
)


class StableRelease(Model):
    """One release of a distribution."""

    version: Annotated[str, Field(pattern=r"^\d+(\.\d+)*$")]
    codename: Annotated[str, Field(pattern=r"^[a-z]+$")]
    """As APT's sources and os-release(5) have it."""
    long_term: bool = False
    """Whether it may also be upgraded to the next release of this kind."""


class Distribution(Model):
    """One distribution whose releases are upgraded one after the other."""

    title: str = Field(min_length=2)
    rule: str = Field(min_length=8)
    """In words: to which release each one is upgraded."""
    source: str = Field(min_length=4)
    """Where the distribution documents that."""
    release: tuple[StableRelease, ...] = Field(min_length=2)
    """The oldest first."""

    @model_validator(mode="after")
    def _releases_are_unique(self) -> Self:
        names = [release.codename for release in self.release]
        if (again := repeated(names)) is not None:
            raise misplaced(f"{names[again]} is there twice", "release", again, "codename")
        return self

    def way(self, old: str, new: str) -> tuple[StableRelease, ...]:
        """Return the releases after ``old`` up to ``new`` to each of which is to be upgraded.

        Empty where one of the codenames is unknown, or ``new`` is not later.
        """
        names = [release.codename for release in self.release]
        if old not in names or new not in names:
            return ()
        at, end = names.index(old), names.index(new)
        found = []
        while at < end:
            at = self._farthest(at, end)
            found.append(self.release[at])
        return tuple(found)

    def _farthest(self, at: int, end: int) -> int:
        """Return the latest release to which the one at a number may be upgraded at once."""
        if self.release[at].long_term:
            later = range(at + 1, end + 1)
            return next((n for n in later if self.release[n].long_term), at + 1)
        return at + 1


@dataclass(frozen=True, kw_only=True)
class Skip:
    """An upgrade that skips releases."""

    distribution: Distribution
    old: str
    way: tuple[StableRelease, ...]
    """The releases to each of which is to be upgraded; the last one is the target."""

    def __str__(self) -> str:
        names = [f"{release.codename} ({release.version})" for release in self.way]
        return (
            f"from {self.old} to {names[-1]} skips {', '.join(names[:-1])}:"
            f" of {self.distribution.title} {self.distribution.rule}"
        )


def skipped(old: str, new: str) -> Skip | None:
    """Return what an upgrade from one codename to another skips, or None."""
    for distribution in distributions().values():
        way = distribution.way(old, new)
        if len(way) > 1:
            return Skip(distribution=distribution, old=old, way=way)
    return None


def is_older(one: str, other: str) -> bool:
    """Return whether a codename is that of an older release of the same distribution."""
    return any(each.way(one, other) for each in distributions().values())


def switches(steps: Sequence[Step]) -> tuple[AptSources, ...]:
    """Return the steps that point a machine at another release, in their order."""
    return tuple(step for step in steps if isinstance(step, AptSources))


def check_releases(plan: Plan) -> None:
    """Raise PlanError for a step of an upgrade that skips a release of a distribution."""
    lists = [("upgrade", at, upgrade.steps) for at, upgrade in enumerate(plan.upgrade)]
    lists += [("override", at, override.steps) for at, override in enumerate(plan.override)]
    for key, at, steps in lists:
        for number, step in enumerate(steps):
            if isinstance(step, AptSources) and (skip := skipped(step.old, step.new)):
                what = f"{skip}; write an upgrade for each, and one that goes `via` them"
                raise located(plan.folder, what, key, at, "steps", number, "new")


@once_per_project
def distributions() -> Mapping[str, Distribution]:
    """Return the distributions by id, which is the file's name and the ID of os-release(5)."""
    found = discover(DISTRIBUTIONS, lambda file: [(file.path.stem, load(file.path, Distribution))])
    return {name: found[name] for name in sorted(found)}
