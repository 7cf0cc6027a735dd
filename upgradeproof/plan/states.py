"""The states of a cell's way: from which one each is reached, and which one it must equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a state stands on the way."""

    after: str
    """The state that it is reached from."""
    equals: str = ""
    """The state that the machine is in again, if its product holds; empty: it was in none such."""


STATES: Mapping[str, Place] = {
    "installed": Place(after="base"),
    "upgraded": Place(after="installed"),
    "rolled_back": Place(after="upgraded", equals="installed"),
    "upgraded_again": Place(after="rolled_back", equals="upgraded"),
}
"""Every state that a cell can reach, in order."""


def like(state: str) -> str:
    """Return ``installed`` or ``upgraded``: whose release, ports and formats a state must have."""
    return STATES[state].equals or state


def compared_with(state: str) -> str:
    """Return the state whose facts those of a state are held against."""
    return STATES[state].equals or STATES[state].after
