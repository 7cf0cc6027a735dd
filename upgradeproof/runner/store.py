"""The folder of cached states, each stored under its key."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from upgradeproof.errors import HarnessError
from upgradeproof.files import write_atomically
from upgradeproof.probes import Facts, Record, every_probe
from upgradeproof.results import Availability, Fidelity
from upgradeproof.results.base import Frozen
from upgradeproof.results.journal import StepFinished, StepStarted
from upgradeproof.runner.sections import AnyProbe, section_key

BUILD_TIMEOUT_S = 3600.0


class CachedState(Frozen):
    """What is saved of a state with its snapshot and its facts."""

    run_id: str
    """The run that built it: a fresh run may reuse what it built itself, for another cell."""
    build: str
    """The id of this build. Builds of the same key differ in what is random, such as a key that is
    made on the machine: a state that was reached from one is not reached from another."""
    fidelity: Fidelity
    steps: tuple[StepStarted | StepFinished, ...]
    transcripts: Mapping[str, str]
    """The steps' transcripts and the prober's recordings, by their path in the report."""
    duration_s: float
    availability: tuple[Availability, ...] = ()
    since: float = 0.0
    """When its transition began, in seconds of the machine's clock."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What the store has of a state."""

    cached: CachedState
    facts: Facts
    """The sections that are valid."""
    missing: tuple[AnyProbe, ...] = ()
    """The probes whose sections are missing, or outdated."""


class StateStore:
    """The folder of the cached states of all cells; a state is stored atomically.

    A state has a file for each section of its facts, with the key of the section in its name: those
    that different versions of a probe have read are next to each other.
    """

    def __init__(self, folder: Path, section_key: Callable[[AnyProbe], str] = section_key) -> None:
        """Use a folder; ``section_key`` returns the key under which a probe's section is valid."""
        self.folder = folder
        self.section_key = section_key
        self._states = folder / "states"
        self._locks = folder / "locks"
        self.checkpoints = folder / "checkpoints"
        """Checkpoints between states: see ``runner.checkpoints``."""
        for path in (self._states, self._locks):
            path.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def building(self, state_key: str) -> Iterator[None]:
        """Hold a state while it is built; another run that needs it waits and then reuses it.

        Any thread may release it.
        """
        lock = FileLock(self._locks / f"{state_key}.lock", thread_local=False)
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

    def load(self, state_key: str, probes: Sequence[AnyProbe]) -> Loaded | None:
        """Return a state with the facts of some probes; None where it is not there.

        What can't be read any more counts as missing.
        """
        folder = self._states / state_key
        try:
            cached = CachedState.model_validate_json((folder / "state.json").read_bytes())
            os.utime(folder)  # this is its last use
        except (OSError, ValueError):
            return None
        found = {probe: self._section(folder, probe) for probe in probes}
        return Loaded(
            cached=cached,
            facts=Facts(
                {p.section: records for p, records in found.items() if records is not None}
            ),
            missing=tuple(probe for probe, records in found.items() if records is None),
        )

    def save(self, state_key: str, cached: CachedState, facts: Facts) -> None:
        """Save a state atomically: readers see it after it was renamed."""
        folder = self._states / state_key
        part = folder.with_suffix(f".{os.getpid()}.part")
        self._write(part, facts)
        (part / "state.json").write_text(cached.model_dump_json(), encoding="utf-8")
        self.forget(state_key)
        part.rename(folder)

    def add(self, state_key: str, facts: Facts) -> None:
        """Save sections of a state that were read later."""
        self._write(self._states / state_key, facts)

    def _write(self, folder: Path, facts: Facts) -> None:
        for probe in every_probe():
            if probe.section in facts.sections:
                write_atomically(self._path(folder, probe), _dumped(facts.sections[probe.section]))

    def _section(self, folder: Path, probe: AnyProbe) -> dict[str, Record] | None:
        try:
            text = self._path(folder, probe).read_text(encoding="utf-8")
            records = json.loads(text)["records"]
            return {key: probe.record.model_validate(value) for key, value in records.items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None

    def _path(self, folder: Path, probe: AnyProbe) -> Path:
        return folder / "facts" / f"{probe.section}-{self.section_key(probe)}.json"

    def clear(self) -> None:
        """Remove every cached state; a run in progress builds again what it still needs."""
        for folder in (*self._states.iterdir(), self.checkpoints):
            shutil.rmtree(folder, ignore_errors=True)

    def forget(self, state_key: str) -> None:
        """Remove a cached state, if it is there."""
        shutil.rmtree(self._states / state_key, ignore_errors=True)


def _dumped(records: Mapping[str, Record]) -> str:
    plain = {key: record.model_dump(mode="json") for key, record in records.items()}
    return json.dumps({"records": plain}, sort_keys=True, ensure_ascii=False)
