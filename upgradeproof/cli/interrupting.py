"""Interruption of a verb that writes something: print a line about what is left."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

from upgradeproof.cli import INTERRUPTED


def interruptible(verb: Callable[[], int], left: str) -> int:
    """Run a verb; when Ctrl-C or SIGTERM stops it, print what is left of it."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        return verb()
    except KeyboardInterrupt:
        sys.stderr.write(f"upgradeproof: interrupted: {left}\n")
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)
