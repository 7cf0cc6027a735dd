"""One process builds an image, the others wait; a run does not repeat a failed build."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import filelock

from upgradeproof.errors import ImageError
from upgradeproof.files import write_atomically
from upgradeproof.locks import remove_old

WAIT_TIMEOUT_S = 2400.0
"""How long to wait for another process that builds the same image: longer than any build may."""
_BUILD = ".build"


class Once:
    """Guard the images of one cache folder, across threads, processes and runs."""

    def __init__(self, folder: Path, run: str, wait_timeout_s: float = WAIT_TIMEOUT_S) -> None:
        self._folder = folder
        self._run = run
        self._wait_timeout_s = wait_timeout_s
        self._failed: dict[str, ImageError] = {}

    @contextmanager
    def turn(self, key: str) -> Iterator[None]:
        """Hold the lock of one image; the kernel frees it when its process dies.

        Raises ImageError when another process holds it for too long, or when this run has already
        failed to make the image: a second try would cost every worker the same time-out.
        """
        lock = filelock.FileLock(self._folder / f"{key}.lock", timeout=self._wait_timeout_s)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except filelock.Timeout:
            raise ImageError(
                f"another process has held the image {key} for {self._wait_timeout_s:g} s",
                details=f"lock: {lock.lock_file}",
                resolution="end that process, and run again",
            ) from None
        except OSError as error:
            raise ImageError(f"the cache for images can't be used: {error}") from None
        try:
            if failed := self._known_failure(key):
                raise failed
            try:
                yield
            except ImageError as error:
                self._remember(key, error)
                raise
        finally:
            lock.release()

    @contextmanager
    def scratch(self, key: str) -> Iterator[Path]:
        """Give the holder of a lock a folder for its build, and remove it afterwards.

        Folders of killed builds are removed first: a folder whose lock is free has no owner. So are
        old files of locks and failures.
        """
        folder = self._folder / f"{key}{_BUILD}"
        for stale in self._folder.glob(f"*{_BUILD}"):
            owner = self._folder / f"{stale.name.removesuffix(_BUILD)}.lock"
            with (
                suppress(filelock.Timeout),
                filelock.FileLock(owner, timeout=0) if stale != folder else nullcontext(),
            ):
                shutil.rmtree(stale, ignore_errors=True)
        remove_old(self._folder, ".lock", ".failed")
        folder.mkdir(exist_ok=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _known_failure(self, key: str) -> ImageError | None:
        if key in self._failed or not self._run:
            return self._failed.get(key)
        try:
            record = json.loads((self._folder / f"{key}.failed").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if record["run"] != self._run:
            return None
        return ImageError(
            record["brief"], details=record["details"], resolution=record["resolution"]
        )

    def _remember(self, key: str, error: ImageError) -> None:
        """Store a failure in memory, and for the run's other workers in a file.

        Disk full is one of the failures: then each worker meets the failure on its own.
        """
        self._failed[key] = error
        if not self._run:
            return
        record = {
            "run": self._run,
            "brief": error.brief,
            "details": error.details,
            "resolution": error.resolution,
        }
        try:
            write_atomically(self._folder / f"{key}.failed", json.dumps(record))
        except OSError:
            return
