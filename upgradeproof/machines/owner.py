"""The owner of a machine: the process that started it, not a later one of the same id."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path


@cache
def mine() -> str:
    """Return this process as ``boot id:process id:start time``."""
    return _identity(os.getpid()) or ""


def is_alive(owner: str) -> bool:
    """Return whether the process that ``mine`` described still runs on this host."""
    parts = owner.split(":")
    return len(parts) == len(("boot", "pid", "start")) and _identity(parts[1]) == owner


def _identity(pid: int | str) -> str | None:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()
    if state in "ZX":  # dead, and its parent has not looked yet
        return None
    return f"{boot}:{pid}:{rest[18]}"
