"""Numbers with their nouns."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return ``1 change`` or ``1,200 changes``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
