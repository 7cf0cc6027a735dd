"""Types of arguments that several verbs take."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime


def positive_number(word: str) -> int:
    """Return a whole number of 1 or more."""
    if not word.isascii() or not word.isdigit() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not 1 or more")
    return int(word)


def days(word: str) -> float:
    """Return a number of days above 0."""
    try:
        found = float(word)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise argparse.ArgumentTypeError(f"{word!r} is no number of days above 0")
    return found


def moment(text: str) -> datetime:
    """Return a time in ISO 8601; one without an offset is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time: write it as 2026-05-31T12:00:00Z"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
