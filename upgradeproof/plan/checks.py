"""Checks: what the id of a test's parameters names in addition to the cell."""

from __future__ import annotations


def subject_of(cell: str, parameters: str) -> str:
    """Return the subject of a test on a cell: its parameters without the cell's id, or ""."""
    before, _, after = f"-{parameters}-".partition(f"-{cell}-")
    return "-".join(filter(None, (before.removeprefix("-"), after.removesuffix("-"))))
