"""The states of a cell: from which one each is reached, and which one it must equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Place:
    """How a state is reached, and which other state has the same content."""

    after: str
    """The state that it is reached from."""
    equals: str = ""
    """The earlier state whose release, ports and formats it must have again; empty: none."""
    booted: bool = False
    """Whether it is a clone of ``after`` that has booted again. No state is reached from it."""


STATES: Mapping[str, Place] = {
    "installed": Place(after="base"),
    "installed_rebooted": Place(after="installed", equals="installed", booted=True),
    "upgraded": Place(after="installed"),
    "rebooted": Place(after="upgraded", equals="upgraded", booted=True),
    "rolled_back": Place(after="upgraded", equals="installed"),
    "upgraded_again": Place(after="rolled_back", equals="upgraded"),
}
"""Every state that a cell can reach, in order."""
OF_A_ROLLBACK = frozenset({"rolled_back", "upgraded_again"})


def like(state: str) -> str:
    """Return ``installed`` or ``upgraded``: whose release, ports and formats a state must have."""
    return STATES[state].equals or state


def compared_with(state: str) -> str:
    """Return the state whose facts those of a state are compared with."""
    return STATES[state].equals or STATES[state].after


def snapshot_of(state: str) -> str:
    """Return the state whose snapshot a machine in this state is started from."""
    return STATES[state].after if STATES[state].booted else state
