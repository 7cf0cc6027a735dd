"""Record a cell: events in the journal of the run, evidence in the cell's folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from upgradeproof.captured import compared
from upgradeproof.errors import UpgradeproofError
from upgradeproof.files import write_atomically
from upgradeproof.machines import Machine
from upgradeproof.plan import Release
from upgradeproof.preflight.support import components_found
from upgradeproof.probes import Facts
from upgradeproof.results import Availability, Change, Fidelity, ImageFile, Verdict
from upgradeproof.results.capture import CaptureCompared
from upgradeproof.results.journal import (
    CellPlaced,
    Event,
    StateFailed,
    StateReached,
    StateStarted,
    StepFinished,
    StepStarted,
    UpgradeProbed,
)
from upgradeproof.runner.provenance import archive_snapshots, packages_under_test
from upgradeproof.runner.store import CachedState
from upgradeproof.runner.transcript import Transcript
from upgradeproof.states import StateName

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Recorder:
    """Record what happens to one cell: events in the journal, evidence in its folder."""

    def __init__(self, cell: str, reports: Path, write: Callable[[Event], None]) -> None:
        """Know the id of the cell, the folder of the reports, and what takes events."""
        self.cell = cell
        self.folder = reports / "evidence" / cell
        self._reports = reports
        self._write = write

    def note(self, event: Event) -> None:
        """Record an event in the journal."""
        self._write(event)

    def path(self, *parts: str) -> Path:
        """Return the path of a piece of evidence, its folder made."""
        path = self.folder.joinpath(*(_UNSAFE.sub("-", part).strip("-.") for part in parts))
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def relative(self, path: Path) -> str:
        """Return a path as the report names it: relative to run.json."""
        return path.relative_to(self._reports).as_posix()

    def save(self, text: str, *parts: str) -> str:
        """Save a piece of evidence and return its path as the report names it."""
        path = self.path(*parts)
        write_atomically(path, text)
        return self.relative(path)

    @contextmanager
    def transcript(self, path: Path) -> Iterator[Transcript]:
        """Open a transcript, unbuffered: a kill loses nothing that was written."""
        with path.open("wb", buffering=0) as file:
            transcript = Transcript(file)
            try:
                yield transcript
            finally:
                transcript.close()

    def collect(self, paths: Iterable[str]) -> dict[str, str]:
        """Return pieces of evidence by their path in the report."""
        return {
            path: (self._reports / path).read_text(encoding="utf-8", errors="replace")
            for path in paths
        }

    def restore(self, texts: Mapping[str, str]) -> None:
        """Write pieces of evidence that another run collected."""
        for path, text in texts.items():
            write_atomically(self._reports / path, text)

    def started(self, state: str, key: str) -> None:
        """Record that a transition to a state begins."""
        self.note(StateStarted(cell=self.cell, state=state, key=key))

    def based(self, duration_s: float, image: ImageFile | None) -> None:
        """Note that the image is there, and what it is."""
        self.note(
            StateReached(
                cell=self.cell,
                state=StateName.BASE,
                reused=False,
                duration_s=duration_s,
                facts="",
                image=image,
            )
        )

    def written(
        self, steps: Sequence[StepStarted | StepFinished], seen: Sequence[Availability] = ()
    ) -> dict[str, str]:
        """Return what a transition wrote, by path in the report: transcripts and recordings."""
        return self.collect(
            [
                *(event.transcript for event in steps if isinstance(event, StepStarted)),
                *(each.evidence for each in seen if each.evidence),
            ]
        )

    def copied(self, cached: CachedState) -> None:
        """Record again what the run recorded that built a cached state."""
        self.restore(cached.transcripts)
        for event in cached.steps:
            self.note(event.model_copy(update={"cell": self.cell}))
        for seen in cached.availability:
            self.note(UpgradeProbed(cell=self.cell, availability=seen))
        self.placed(cached.fidelity)

    def placed(self, fidelity: Fidelity) -> None:
        """Note what the cell's machine is."""
        self.note(CellPlaced(cell=self.cell, fidelity=fidelity))

    def reached(
        self,
        state: str,
        cached: CachedState,
        facts: Facts,
        changes: tuple[Change, ...],
        release: Release,
        *,
        reused: bool,
    ) -> None:
        """Note that a state was reached, and what differs in it."""
        self.note(
            StateReached(
                cell=self.cell,
                state=state,
                reused=reused,
                duration_s=cached.duration_s,
                facts=self.save(facts.to_json(), state, "facts.json"),
                changes=changes,
                release=release.name,
                components=components_found(release, facts),
                packages=packages_under_test(release, facts),
                archives=archive_snapshots(facts),
            )
        )

    def compared(self, captured: Path, facts: Facts) -> None:
        """Note how much of a captured server is so in its twin. Raises PlanError."""
        fidelity = compared(captured, facts)
        self.note(CaptureCompared(cell=self.cell, fidelity=fidelity))

    def failed(
        self,
        state: str,
        error: Exception,
        duration_s: float,
        machine: Machine | None = None,
    ) -> None:
        """Note why a state was not reached, with the logs that its machine can still give."""
        if machine is not None:
            # A machine that is down raises its product's failure again: the first cause counts.
            with suppress(UpgradeproofError, OSError):
                self.save(machine.logs(), state, "console.log")
                words = machine.run("journalctl -b --no-pager -n 1000", timeout_s=20.0)
                self.save(words.text, state, "journal.log")
        self.note(
            StateFailed(
                cell=self.cell,
                state=state,
                verdict=Verdict.of(error),
                reason=str(error) if isinstance(error, UpgradeproofError) else repr(error),
                duration_s=duration_s,
            )
        )
