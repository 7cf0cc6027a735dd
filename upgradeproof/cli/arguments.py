"""Types of arguments that several verbs take."""

from __future__ import annotations

import argparse


def at_least_one(word: str) -> int:
    """Return a whole number of 1 or more."""
    if not word.isascii() or not word.isdigit() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not 1 or more")
    return int(word)
