"""What a runner leaves behind: events in the run's journal, and the evidence of its cell."""

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
from upgradeproof.runner.store import Kept
from upgradeproof.states import StateName


class Recorder:
    """What the runner of one cell leaves behind."""

    def __init__(self, cell: Cell, evidence: Evidence, journal: Journal) -> None:
        self._cell = cell
        self._journal = journal
        self.evidence = evidence

    def note(self, event: Event) -> None:
        """Write what happened to the journal."""
        self._journal.write(event)

    def keep(self, text: str, *parts: str) -> str:
        """Keep a piece of the cell's evidence and return its path as the report names it."""
        return self.evidence.keep(text, *parts)

    def started(self, state: str, key: str) -> None:
        """Note that a state is sought."""
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
        """Return what was written on a way, by path in the report: transcripts and recordings."""
        return self.evidence.collect(
            [
                *(event.transcript for event in steps if isinstance(event, StepStarted)),
                *(each.evidence for each in seen if each.evidence),
            ]
        )

    def copied(self, kept: Kept) -> None:
        """Write again what an earlier run left behind on its way to a state."""
        self.rewrite(kept.transcripts)
        for event in kept.steps:
            self.note(event.model_copy(update={"cell": self._cell.id}))
        for seen in kept.availability:
            self.note(UpgradeProbed(cell=self._cell.id, availability=seen))
        self.placed(kept.fidelity)

    def rewrite(self, texts: Mapping[str, str]) -> None:
        """Write again what ``written`` returned to another run."""
        for path, text in texts.items():
            self.evidence.restore(path, text)

    def placed(self, fidelity: Fidelity) -> None:
        """Note what the cell's machine is."""
        self.note(CellPlaced(cell=self._cell.id, fidelity=fidelity))

    def reached(
        self, state: str, kept: Kept, facts: Facts, changes: tuple[Change, ...], *, reused: bool
    ) -> None:
        """Note that a state was reached, and what differs in it."""
        release = self._cell.release(state)
        self.note(
            StateReached(
                cell=self._cell.id,
                state=state,
                reused=reused,
                duration_s=kept.duration_s,
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
        """Note why a state was not reached, with what the machine can still say."""
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
