"""The states of a cell: from which one each is reached, and which one it must equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StateSpec:
    """How a state is reached, and which other state has the same content."""

    after: str
    """The state that it is reached from."""
    equals: str = ""
    """The earlier state whose release, ports and formats it must have again; empty: none."""
    booted: bool = False
    """Whether it is a clone of ``after`` that has booted again. No state is reached from it."""


STATES: Mapping[str, StateSpec] = {
    "installed": StateSpec(after="base"),
    "installed_rebooted": StateSpec(after="installed", equals="installed", booted=True),
    "upgraded": StateSpec(after="installed"),
    "rebooted": StateSpec(after="upgraded", equals="upgraded", booted=True),
    "rolled_back": StateSpec(after="upgraded", equals="installed"),
    "upgraded_again": StateSpec(after="rolled_back", equals="upgraded"),
}
"""Every state that a cell can reach, in order."""
OF_A_ROLLBACK = frozenset({"rolled_back", "upgraded_again"})


def release_side(state: str) -> str:
    """Return ``installed`` or ``upgraded``: whose release, ports and formats a state must have."""
    return STATES[state].equals or state


def compared_with(state: str) -> str:
    """Return the state whose facts those of a state are compared with."""
    return STATES[state].equals or STATES[state].after


def snapshot_of(state: str) -> str:
    """Return the state whose snapshot a machine in this state is started from."""
    return STATES[state].after if STATES[state].booted else state
