"""The record of a cell: events in the journal of the run, evidence in the cell's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from upgradeproof.captured import compared
from upgradeproof.errors import UpgradeproofError
from upgradeproof.evidence import Evidence
from upgradeproof.machines import Machine
from upgradeproof.plan import Cell
from upgradeproof.preflight.support import components_found
from upgradeproof.probes import Facts
from upgradeproof.results import Availability, Change, Fidelity, Journal, Verdict
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
from upgradeproof.runner.store import CachedState
from upgradeproof.states import StateName


class Recorder:
    """Record what happens to one cell."""

    def __init__(self, cell: Cell, evidence: Evidence, journal: Journal) -> None:
        self._cell = cell
        self._journal = journal
        self.evidence = evidence

    def note(self, event: Event) -> None:
        """Write what happened to the journal."""
        self._journal.write(event)

    def keep(self, text: str, *parts: str) -> str:
        """Save a piece of the cell's evidence and return its path as the report names it."""
        return self.evidence.keep(text, *parts)

    def started(self, state: str, key: str) -> None:
        """Record that a transition to a state begins."""
        self.note(StateStarted(cell=self._cell.id, state=state, key=key))

    def based(self, duration_s: float) -> None:
        """Note that the image is there."""
        self.note(
            StateReached(
                cell=self._cell.id,
                state=StateName.BASE,
                reused=False,
                duration_s=duration_s,
                facts="",
            )
        )

    def written(
        self, steps: Sequence[StepStarted | StepFinished], seen: Sequence[Availability] = ()
    ) -> dict[str, str]:
        """Return what a transition wrote, by path in the report: transcripts and recordings."""
        return self.evidence.collect(
            [
                *(event.transcript for event in steps if isinstance(event, StepStarted)),
                *(each.evidence for each in seen if each.evidence),
            ]
        )

    def copied(self, cached: CachedState) -> None:
        """Record again what the run recorded that built a cached state."""
        self.rewrite(cached.transcripts)
        for event in cached.steps:
            self.note(event.model_copy(update={"cell": self._cell.id}))
        for seen in cached.availability:
            self.note(UpgradeProbed(cell=self._cell.id, availability=seen))
        self.placed(cached.fidelity)

    def rewrite(self, texts: Mapping[str, str]) -> None:
        """Write what ``written`` returned to another run."""
        for path, text in texts.items():
            self.evidence.restore(path, text)

    def placed(self, fidelity: Fidelity) -> None:
        """Note what the cell's machine is."""
        self.note(CellPlaced(cell=self._cell.id, fidelity=fidelity))

    def reached(
        self,
        state: str,
        cached: CachedState,
        facts: Facts,
        changes: tuple[Change, ...],
        *,
        reused: bool,
    ) -> None:
        """Note that a state was reached, and what differs in it."""
        release = self._cell.release(state)
        self.note(
            StateReached(
                cell=self._cell.id,
                state=state,
                reused=reused,
                duration_s=cached.duration_s,
                facts=self.keep(facts.to_json(), state, "facts.json"),
                changes=changes,
                release=release.name,
                components=components_found(release, facts),
            )
        )

    def compared(self, captured: Path, facts: Facts) -> None:
        """Note how much of a captured server is so in its twin. Raises PlanError."""
        fidelity = compared(captured, facts)
        self.note(CaptureCompared(cell=self._cell.id, fidelity=fidelity))

    def failed(
        self,
        state: str,
        error: Exception,
        duration_s: float,
        machine: Machine | None = None,
    ) -> None:
        """Note why a state was not reached, with the logs that its machine can still give."""
        if machine is not None:
            # One that is down says so again, as its product's failure: the first cause counts.
            with suppress(UpgradeproofError, OSError):
                self.keep(machine.logs(), state, "console.log")
                words = machine.run("journalctl -b --no-pager -n 1000", timeout_s=20.0)
                self.keep(words.text, state, "journal.log")
        self.note(
            StateFailed(
                cell=self._cell.id,
                state=state,
                verdict=Verdict.of(error),
                reason=str(error) if isinstance(error, UpgradeproofError) else repr(error),
                duration_s=duration_s,
            )
        )
