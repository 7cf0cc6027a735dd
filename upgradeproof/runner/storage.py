"""The space of cached states: limited in size and age; the longest unused are removed first."""

from __future__ import annotations

import fcntl
import logging
import math
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from upgradeproof.errors import HarnessError
from upgradeproof.locks import remove_old
from upgradeproof.machines import Backend, CachedSnapshot
from upgradeproof.results.model import CachedStates

MAX_GB_VARIABLE = "UPGRADEPROOF_STATES_MAX_GB"
MAX_AGE_VARIABLE = "UPGRADEPROOF_STATES_MAX_AGE_DAYS"
GB = 1e9
DAY_S = 86_400.0
DEFAULT_MAX_BYTES = 20 * GB
DEFAULT_MAX_SHARE = 0.1
"""Of the disk that the cache is on, where that is less."""
DEFAULT_MAX_AGE_DAYS = 30.0
MIN_FREE_BYTES = 5 * GB
"""Free space below which states are removed within the limit, too: the upgrade of a whole system
writes 1.5 GB, and a snapshot of it as much again."""

log = logging.getLogger(__name__)

_Stored = tuple[CachedSnapshot, Backend]
"""A state, and the backend that stores it."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much may be cached, and for how long after its last use."""

    max_bytes: float
    max_age_s: float
    min_free_bytes: float = MIN_FREE_BYTES

    @classmethod
    def of(cls, folder: Path, environment: Mapping[str, str] = os.environ) -> Limits:
        """Return the limits for a cache. Raises HarnessError for a variable that is no number."""
        disk = shutil.disk_usage(_existing(folder))
        max_bytes = min(DEFAULT_MAX_BYTES, DEFAULT_MAX_SHARE * disk.total)
        return cls(
            max_bytes=GB * _number(environment, MAX_GB_VARIABLE, max_bytes / GB),
            max_age_s=DAY_S * _number(environment, MAX_AGE_VARIABLE, DEFAULT_MAX_AGE_DAYS),
        )

    @property
    def age(self) -> str:
        """Return the limit of age as a sentence's end."""
        if math.isinf(self.max_age_s):
            return "without a limit of age"
        return f"each for {self.max_age_s / DAY_S:g} days after its last use"


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "")
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number >= 0:
        raise HarnessError(
            f"{name} is {text!r}, which is not a number of 0 or more",
            resolution=f"set it to a number, to inf for no limit, or unset it for {default:g}",
        )
    return number


class StateLocks:
    """Which states are in use: a lock for each of them, and the time of its last use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def using(self, key: str) -> Iterator[None]:
        """Hold a state against its removal; any number of processes may.

        Its last use is when this begins.
        """
        descriptor = self._locked(key)
        try:
            os.utime(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _locked(self, key: str) -> int:
        """Return a file that is locked; not one that was removed while this waited for it."""
        while True:
            descriptor = os.open(self._folder / key, os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if self._is_there(key, descriptor):
                return descriptor
            os.close(descriptor)

    def _is_there(self, key: str, descriptor: int) -> bool:
        """Return whether an open file still is the one in the folder."""
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(descriptor), (self._folder / key).stat())
        return False

    def remove(self, key: str, removal: Callable[[], bool]) -> bool:
        """Remove a state and its last use, unless a process uses it; return whether it is gone."""
        path = self._folder / key
        was_used = path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not self._is_there(key, descriptor):  # another process has just removed the state
                return False
            gone = False
            try:
                gone = removal()
            finally:
                if gone or not was_used:  # an empty file would mean that it was used just now
                    path.unlink(missing_ok=True)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return gone

    def last_use(self, snapshot: CachedSnapshot) -> float:
        """Return when a state was used last; of one that was never used, when it was made."""
        try:
            return (self._folder / snapshot.key).stat().st_mtime
        except OSError:
            return snapshot.made_at


class HeldStates:
    """The states that one runner uses, held until it ends."""

    def __init__(self, locks: StateLocks) -> None:
        self._locks = locks
        self._held = ExitStack()
        self._keys: set[str] = set()

    def close(self) -> None:
        """Release every state."""
        self._held.close()

    def hold(self, key: str) -> None:
        """Hold a state from now on, before it is loaded or made."""
        if key not in self._keys:
            self._keys.add(key)
            self._held.enter_context(self._locks.using(key))


class Storage:
    """The states that some backends store for one cache, and the limits for them."""

    def __init__(self, cache: Path, backends: Sequence[Backend], limits: Limits) -> None:
        self._cache = cache
        self._backends = backends
        self._limits = limits
        self._uses = StateLocks(cache / "uses")

    def measure(self) -> CachedStates:
        """Return how much there is. Raises MachineError when a backend can't list its states."""
        found = [snapshot for backend in self._backends for snapshot in backend.snapshots()]
        return CachedStates(
            count=len(found),
            size_bytes=sum(snapshot.size_bytes for snapshot in found),
            max_bytes=None if math.isinf(self._limits.max_bytes) else int(self._limits.max_bytes),
        )

    def trim(self) -> tuple[str, ...]:
        """Remove states until the limits are met, the longest unused first; return their keys.

        A state that a process uses stays, and so does one that another state depends on. Raises
        MachineError when a backend can't list its states.
        """
        gone = tuple(self._trimmed())
        self._forget_old_facts()
        remove_old(self._cache / "locks", ".lock")
        return gone

    def _forget_old_facts(self) -> None:
        """Remove facts that were unused for too long: not every state has a snapshot."""
        folders = (self._cache / "states", self._cache / "uses")
        for path in (path for folder in folders if folder.is_dir() for path in folder.iterdir()):
            with suppress(FileNotFoundError):  # another process has removed it since
                if time.time() - path.stat().st_mtime > self._limits.max_age_s:
                    self._uses.remove(path.name, partial(self._forget_facts, path.name))

    def _forget_facts(self, key: str) -> bool:
        """Remove what is known of a state, not its snapshot."""
        shutil.rmtree(self._cache / "states" / key, ignore_errors=True)
        (self._cache / "checkpoints" / f"{key}.json").unlink(missing_ok=True)
        return True

    def _trimmed(self) -> Iterator[str]:
        """Remove one state after another; yield their keys."""
        left = {s.name: (s, backend) for backend in self._backends for s in backend.snapshots()}
        stays: set[str] = set()
        while victim := self._next(left, stays):
            snapshot, backend = victim
            if self._remove(snapshot, backend):
                del left[snapshot.name]
                yield snapshot.key
            else:
                stays.add(snapshot.name)

    def _next(self, left: Mapping[str, _Stored], stays: set[str]) -> _Stored | None:
        """Return the next state to remove; None: the limits are met, or the rest has to stay.

        The sum of all backends counts, so that the longest unused of all of them is removed first.
        """
        parents = {snapshot.parent for snapshot, _ in left.values()}
        free = [left[name] for name in left.keys() - parents - stays]
        free.sort(key=lambda stored: self._uses.last_use(stored[0]))
        if not free:
            return None
        oldest, _ = free[0]
        too_old = time.time() - self._uses.last_use(oldest) > self._limits.max_age_s
        total = sum(snapshot.size_bytes for snapshot, _ in left.values())
        if too_old or total > self._limits.max_bytes:
            return free[0]
        for backend in self._backends:
            own = [stored for stored in free if stored[1] is backend]
            if own and backend.free_bytes() < self._limits.min_free_bytes:
                return own[0]
        return None

    def _remove(self, snapshot: CachedSnapshot, backend: Backend) -> bool:
        """Remove a state, with what is known of it, unless a process uses it."""
        return self._uses.remove(
            snapshot.key, lambda: backend.forget(snapshot) and self._forget_facts(snapshot.key)
        )
