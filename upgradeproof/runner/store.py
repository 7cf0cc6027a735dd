"""The folder of cached states: what was reached once, under the key of all that led there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from upgradeproof.errors import HarnessError
from upgradeproof.probes import Facts
from upgradeproof.results import Availability, Fidelity
from upgradeproof.results.base import Frozen
from upgradeproof.results.journal import StepFinished, StepStarted

BUILD_TIMEOUT_S = 3600.0


class CachedState(Frozen):
    """What is saved of a state with its snapshot and its facts."""

    run_id: str
    """The run that built it: a fresh run may reuse what it built itself, for another cell."""
    build: str
    """What tells this build from every other of the same key: they agree in all but their chances,
    such as a key made on the machine. What was reached from one is not reached from another."""
    fidelity: Fidelity
    steps: tuple[StepStarted | StepFinished, ...]
    transcripts: Mapping[str, str]
    """The steps' transcripts and the prober's recordings, by their path in the report."""
    duration_s: float
    availability: tuple[Availability, ...] = ()


class StateStore:
    """The folder of the cached states of all cells; a state is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._states = folder / "states"
        self._locks = folder / "locks"
        self.checkpoints = folder / "checkpoints"
        """Checkpoints between states: see ``runner.checkpoints``."""
        for path in (self._states, self._locks):
            path.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def building(self, state_key: str) -> Iterator[None]:
        """Hold a state while it is built; another run that wants it waits and then reuses it."""
        lock = FileLock(self._locks / f"{state_key}.lock")
        try:
            with lock.acquire(timeout=BUILD_TIMEOUT_S):
                yield
        except Timeout:
            raise HarnessError(
                f"another run has been building the state {state_key} for an hour",
                resolution="end that run, then `upgradeproof prune`",
            ) from None

    @contextmanager
    def alone(self, run_id: str, cell: str) -> Iterator[None]:
        """Hold a cell in this run. Raises HarnessError if another worker of the run holds it."""
        lock = FileLock(self._locks / f"{run_id}.{cell}.lock")
        try:
            with lock.acquire(timeout=0):
                yield
        except Timeout:
            raise HarnessError(
                f"two workers hold the cell {cell}",
                resolution="a pytest plugin has replaced the scheduler: run without it",
            ) from None

    def load(self, state_key: str) -> tuple[CachedState, Facts] | None:
        """Return a cached state, or None: also when what is there can't be read any more."""
        folder = self._states / state_key
        try:
            cached = CachedState.model_validate_json((folder / "state.json").read_bytes())
            facts = Facts.from_json((folder / "facts.json").read_text(encoding="utf-8"))
            os.utime(folder)  # this is its last use
        except (OSError, ValueError, KeyError):
            return None
        return cached, facts

    def save(self, state_key: str, cached: CachedState, facts: Facts) -> None:
        """Save a state; readers see it whole from the moment of its renaming."""
        folder = self._states / state_key
        part = folder.with_suffix(f".{os.getpid()}.part")
        part.mkdir(parents=True)
        (part / "state.json").write_text(cached.model_dump_json(), encoding="utf-8")
        (part / "facts.json").write_text(facts.to_json(), encoding="utf-8")
        self.forget(state_key)
        part.rename(folder)

    def clear(self) -> None:
        """Remove every cached state; a run that goes on builds what it still needs again."""
        for folder in (*self._states.iterdir(), self.checkpoints):
            shutil.rmtree(folder, ignore_errors=True)

    def forget(self, state_key: str) -> None:
        """Remove a cached state, if it is there."""
        shutil.rmtree(self._states / state_key, ignore_errors=True)
