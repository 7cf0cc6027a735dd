"""The journal: events as they happen, one JSON object a line, flushed at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from upgradeproof.errors import HarnessError
from upgradeproof.results.base import Frozen, now
from upgradeproof.results.capture import CaptureCompared
from upgradeproof.results.components import Release
from upgradeproof.results.declared import PartRejected, PlanFile, ShardOf, UnusedChange
from upgradeproof.results.fidelity import Fidelity
from upgradeproof.results.load import Availability, LoadMeasured, RatioMeasured
from upgradeproof.results.model import CachedStates, Change, Finding, Verdict
from upgradeproof.results.provenance import ArchiveSnapshot, ImageFile, PackageUnderTest


class RunStarted(Frozen):
    """A process took part in a run; each worker and the controller record it."""

    event: Literal["run_started"] = "run_started"
    at: str = Field(default_factory=now)
    run_id: str
    upgradeproof: str
    engine_sha256: str = ""
    """Over the engine's files; empty in journals of an earlier version."""
    fresh: bool
    strict: bool = False
    host: dict[str, str]
    shard: ShardOf | None = None


class RunFinished(Frozen):
    """The controlling process ended regularly, so that no event of its run is missing."""

    event: Literal["run_finished"] = "run_finished"
    at: str = Field(default_factory=now)
    run_id: str
    cached_states: CachedStates | None = None
    journals: dict[str, int] = Field(default_factory=dict)
    """Bytes of the run's other journals, by file name: a copy that has fewer is truncated."""


class ReleaseDeclared(Frozen):
    """A plan has a release that names its components."""

    event: Literal["release_declared"] = "release_declared"
    release: Release


class PlanDeclared(Frozen):
    """A plan was read, and from which file."""

    event: Literal["plan_declared"] = "plan_declared"
    plan: PlanFile


class ChangeExpected(Frozen):
    """A plan expects a change: where it happens in no cell, it is unused."""

    event: Literal["change_expected"] = "change_expected"
    change: UnusedChange
    """What it is reported as then."""
    cells: tuple[str, ...]
    """The cells that it is for."""
    states: tuple[str, ...]
    """Those that all of these cells must reach before it is known that it did not happen."""


class CellDeclared(Frozen):
    """The plan has this cell; the selection takes it, or not."""

    event: Literal["cell_declared"] = "cell_declared"
    cell: str
    platform: str
    upgrade: str
    product: str
    tags: tuple[str, ...] = ()
    selected: bool
    reason: str = ""
    checks_declared: int = 0
    """How many checks the plan and the suites give it, those that were deselected included."""
    shard: int | None = None
    """The number of the shard that runs it; None: the run has no shards."""


class CellPlaced(Frozen):
    """The cell's machine started; from now on it is known what it can prove."""

    event: Literal["cell_placed"] = "cell_placed"
    cell: str
    fidelity: Fidelity


class CheckDeclared(Frozen):
    """The selection contains this check: without a later event it never ran."""

    event: Literal["check_declared"] = "check_declared"
    cell: str
    check: str
    states: tuple[str, ...] = ()
    reason: str = ""
    """Why it can't run, where that is known from the start."""
    follows: tuple[str, ...] = ()
    """Globs over the checks from whose failure a failure of this one follows."""


class CheckFinished(Frozen):
    """A check has its verdict."""

    event: Literal["check_finished"] = "check_finished"
    at: str = Field(default_factory=now)
    cell: str
    check: str
    verdict: Verdict
    reason: str = ""
    duration_s: float


class StateStarted(Frozen):
    """A cell's transition to a state begins."""

    event: Literal["state_started"] = "state_started"
    at: str = Field(default_factory=now)
    cell: str
    state: str
    key: str


class PreflightDone(Frozen):
    """What was found on a machine before the transition to a state; it changed nothing."""

    event: Literal["preflight_done"] = "preflight_done"
    at: str = Field(default_factory=now)
    cell: str
    state: str
    findings: tuple[Finding, ...]


class StepStarted(Frozen):
    """A step begins; ``transcript`` is its file, relative to the report's folder."""

    event: Literal["step_started"] = "step_started"
    at: str = Field(default_factory=now)
    cell: str
    state: str
    title: str
    transcript: str = ""


class StepFinished(Frozen):
    """The step that began last in this state ended; no exit status: the harness ended it."""

    event: Literal["step_finished"] = "step_finished"
    at: str = Field(default_factory=now)
    cell: str
    state: str
    exit_status: int | None
    duration_s: float


class StateReached(Frozen):
    """A state is reached: healthy, proven, its facts taken."""

    event: Literal["state_reached"] = "state_reached"
    at: str = Field(default_factory=now)
    cell: str
    state: str
    reused: bool
    duration_s: float
    facts: str
    changes: tuple[Change, ...] = ()
    release: str = ""
    components: dict[str, str] = Field(default_factory=dict)
    image: ImageFile | None = None
    packages: tuple[PackageUnderTest, ...] = ()
    archives: tuple[ArchiveSnapshot, ...] = ()


class LoadSent(Frozen):
    """A load was sent to a state, and measured."""

    event: Literal["load_sent"] = "load_sent"
    at: str = Field(default_factory=now)
    cell: str
    measured: LoadMeasured


class ReleasesCompared(Frozen):
    """A load was sent to two releases in turns."""

    event: Literal["releases_compared"] = "releases_compared"
    at: str = Field(default_factory=now)
    cell: str
    ratio: RatioMeasured


class UpgradeProbed(Frozen):
    """An endpoint was asked during the whole transition to a state."""

    event: Literal["upgrade_probed"] = "upgrade_probed"
    at: str = Field(default_factory=now)
    cell: str
    availability: Availability


class StateFailed(Frozen):
    """A state was not reached, and why."""

    event: Literal["state_failed"] = "state_failed"
    at: str = Field(default_factory=now)
    cell: str
    state: str
    verdict: Verdict
    reason: str
    duration_s: float


Event = Annotated[
    RunStarted
    | RunFinished
    | ReleaseDeclared
    | PlanDeclared
    | ChangeExpected
    | CellDeclared
    | PartRejected
    | CellPlaced
    | CheckDeclared
    | CheckFinished
    | StateStarted
    | PreflightDone
    | StepStarted
    | StepFinished
    | StateReached
    | StateFailed
    | LoadSent
    | ReleasesCompared
    | UpgradeProbed
    | CaptureCompared,
    Field(discriminator="event"),
]
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Journal(AbstractContextManager["Journal"]):
    """Append events to a file of this process's own."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("ab", buffering=0)
        self._cut_off = False
        """Whether the last line lacks its end: the disk was full in the middle of it."""

    def __exit__(self, *_: object) -> None:
        """Close the file; every event is in it already."""
        self._file.close()

    def write(self, event: Event) -> None:
        """Append one event in one system call, so that a kill never leaves half of two lines.

        Raises HarnessError when it can't be written, also where only a part of it could.
        """
        line = (b"\n" if self._cut_off else b"") + event.model_dump_json().encode() + b"\n"
        try:
            written = self._file.write(line) or 0
        except OSError as error:
            raise self._full(os.strerror(error.errno or 0)) from error
        if written:
            self._cut_off = written < len(line)
        if written < len(line):
            raise self._full(f"{written} of {len(line)} bytes fitted")

    def _full(self, why: str) -> HarnessError:
        return HarnessError(
            f"the journal {self.path} can't be written: {why}",
            resolution="free space on this host; the journal so far is preserved",
        )


def read_journals(paths: Iterable[Path]) -> Iterator[Event]:
    """Yield the events of every journal; a line cut off by a kill is passed over."""
    for path in paths:
        yield from parse(path.read_bytes().splitlines())


def parse(lines: Iterable[bytes]) -> Iterator[Event]:
    """Yield the event of each whole line."""
    for line in lines:
        try:
            yield _EVENT.validate_json(line)
        except ValidationError:
            continue
