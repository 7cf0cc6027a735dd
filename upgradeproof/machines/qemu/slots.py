"""How many cells may run VMs on this host at once: as many as its cores and memory allow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

CELL_MB = 3072
"""Memory of one cell's VMs: the one that goes through the states and two clones, of 1 GB each."""
_TURN_S = 0.5


def count(cores: int, memory_mb: int) -> int:
    """Return the number of slots.

    Under emulation one core for each VM is the best use of a host: three or four VMs on two
    cores were measured to take longer in total.
    """
    return max(1, min(cores, memory_mb // CELL_MB))


def of_this_host() -> int:
    """Return the number of slots here."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return count(len(os.sched_getaffinity(0)), pages * size // (1 << 20))


@contextmanager
def slot(folder: Path, slots: int) -> Iterator[None]:
    """Reserve one of the slots, after a wait if necessary; the kernel frees it."""
    folder.mkdir(parents=True, exist_ok=True)
    locks = [FileLock(folder / f"slot-{number}.lock") for number in range(slots)]
    while True:
        for lock in locks:
            try:
                lock.acquire(timeout=_TURN_S / slots)
            except Timeout:
                continue
            try:
                yield
            finally:
                lock.release()
            return
