"""The states of a cell: one enum, and one specification of each. All else is derived from these.

A new state is a member here and its entry in ``STATES``; every ``match`` over ``StateName`` ends in
``assert_never``, so that mypy names each place that has to know it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from upgradeproof.errors import HarnessError


class StateName(StrEnum):
    """The name of a state, in the order in which a cell goes through them."""

    BASE = "base"
    """The image; it is made by ``imaging``, and no transition leads to it."""
    INSTALLED = "installed"
    INSTALLED_REBOOTED = "installed_rebooted"
    UPGRADED = "upgraded"
    REBOOTED = "rebooted"
    ROLLED_BACK = "rolled_back"
    UPGRADED_AGAIN = "upgraded_again"

    @property
    def spec(self) -> StateSpec:
        """Return how the state is reached. Raises KeyError for ``base``, which is not."""
        return STATES[self]


@dataclass(frozen=True, kw_only=True)
class StateSpec:
    """How a state is reached, what it must equal, and how it is shown."""

    parent: StateName
    """The state that it is reached from."""
    equals: StateName | None = None
    """The earlier state whose release, ports and formats it must have again."""
    booted: bool = False
    """Whether it is a clone of ``parent`` that has booted again. No state is reached from it."""
    baseline: StateName | None = None
    """The state that shows what any boot changes; it is reached first."""
    after_rollback: bool = False
    """Whether only an upgrade that has a rollback reaches it."""
    summary: str
    """What it holds, for those who ask what the fixture of this name hands out."""
    unexplained: str = "neither expected nor explained"
    """What a report prints about a change in this state that has no reason."""
    colour: str = ""
    """Of its data in pictures: 3 to 1 contrast on light and on dark paper; empty: never drawn."""
    dashes: tuple[int, ...] = ()
    """Of its line, for readers who do not see colours; empty: an unbroken line."""


STATES: Mapping[StateName, StateSpec] = {
    StateName.INSTALLED: StateSpec(
        parent=StateName.BASE,
        summary="the old release, installed, in use, with data written",
        colour="#7a7f87",
        dashes=(5, 2),
    ),
    StateName.INSTALLED_REBOOTED: StateSpec(
        parent=StateName.INSTALLED,
        equals=StateName.INSTALLED,
        booted=True,
        summary="the old release on a clone that has booted again",
    ),
    StateName.UPGRADED: StateSpec(
        parent=StateName.INSTALLED,
        summary="the new release after the upgrade, which is proven to have happened",
        colour="#3a7bd5",
    ),
    StateName.REBOOTED: StateSpec(
        parent=StateName.UPGRADED,
        equals=StateName.UPGRADED,
        booted=True,
        baseline=StateName.INSTALLED_REBOOTED,
        summary="the new release on a clone that has booted again",
        unexplained="only a boot shows",
    ),
    StateName.ROLLED_BACK: StateSpec(
        parent=StateName.UPGRADED,
        equals=StateName.INSTALLED,
        after_rollback=True,
        summary="the old release after the product's own rollback of the upgrade",
        unexplained="different from before, and not named in allowed_changes",
        colour="#c26a12",
        dashes=(2, 2),
    ),
    StateName.UPGRADED_AGAIN: StateSpec(
        parent=StateName.ROLLED_BACK,
        equals=StateName.UPGRADED,
        after_rollback=True,
        summary="the new release after the upgrade was rolled back and applied once more",
        unexplained="different from the first upgrade",
        colour="#a35fc9",
        dashes=(7, 2, 2, 2),
    ),
}
"""Every state that a cell can reach, in order."""
OF_A_ROLLBACK = frozenset(name for name, spec in STATES.items() if spec.after_rollback)


def state_named(name: str) -> StateName:
    """Return the state of a name. Raises HarnessError where there is none."""
    try:
        return StateName(name)
    except ValueError:
        raise HarnessError(
            f"there is no state {name!r}", details=f"there is: {', '.join(STATES)}"
        ) from None


def release_side(state: str) -> StateName:
    """Return ``installed`` or ``upgraded``: whose release, ports and formats a state must have."""
    name = StateName(state)
    return name.spec.equals or name


def has_new_release(state: str) -> bool:
    """Return whether a state must have the new release, with its ports and formats."""
    return release_side(state) is StateName.UPGRADED


def compared_with(state: str) -> StateName:
    """Return the state whose facts those of a state are compared with."""
    spec = StateName(state).spec
    return spec.equals or spec.parent


def snapshot_of(state: str) -> StateName:
    """Return the state whose snapshot a machine in this state is started from."""
    name = StateName(state)
    return name.spec.parent if name.spec.booted else name
