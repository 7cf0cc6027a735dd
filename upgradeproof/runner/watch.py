"""The watch over a transition: while its steps run, a prober asks the product's endpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from upgradeproof.endpoints import authority
from upgradeproof.errors import HarnessError
from upgradeproof.machines import Machine
from upgradeproof.plan import Cell, Disruption
from upgradeproof.prober import (
    Orders,
    Prober,
    Question,
    Recording,
    availability,
    failed,
    unknown,
)
from upgradeproof.results import Availability
from upgradeproof.results.journal import StepFinished, StepStarted, UpgradeProbed
from upgradeproof.results.load import StepMark
from upgradeproof.runner.context import RunContext
from upgradeproof.runner.recorder import Recorder
from upgradeproof.runner.state import State
from upgradeproof.states import StateName

T = TypeVar("T")


class Watch(AbstractContextManager["Watch"]):
    """Measure how available the product's endpoints are during the transition to one state.

    Only in the first transition to the new release, only where a millisecond on the machine is one
    on this host, and only if a test asks for it. A prober that fails does not fail the transition:
    then nothing is known.
    """

    def __init__(
        self,
        cell: Cell,
        state: StateName,
        before: State | None,
        recorder: Recorder,
        context: RunContext,
    ) -> None:
        first = (
            state == StateName.UPGRADED and before is not None and before.fidelity.absolute_latency
        )
        self.asked: Sequence[Disruption] = (
            cell.expect.disruption if first and context.watched else ()
        )
        """What the prober asks; nothing: there is none, and the machine may be frozen meanwhile."""
        self._cell = cell
        self._linger_s = context.linger_s
        self._state = state
        self._recorder = recorder
        self._marks: list[tuple[str, float, float]] = []
        self._step = ("", 0.0)
        self._running = ExitStack()
        self._prober: Prober | None = None
        self._problem = ""
        self.seen: tuple[Availability, ...] = ()

    def __enter__(self) -> Watch:
        """Start the prober, if one is needed: it starts while the machine does."""
        if self.asked:
            try:
                self._prober = self._running.enter_context(Prober())
            except HarnessError as error:
                self._problem = str(error)
        return self

    def __exit__(self, *_: object) -> None:
        """End the prober, if it still runs."""
        self._running.close()

    def is_known(self, seen: Sequence[Availability]) -> bool:
        """Return whether all that is asked was seen in an earlier transition to the state."""
        known = {each.endpoint: each for each in seen}
        return all(
            asked.endpoint in known and not unknown(asked, known[asked.endpoint])
            for asked in self.asked
        )

    def note(self, event: StepStarted | StepFinished) -> None:
        """Note when a step begins or ends: now."""
        now = time.monotonic()
        if isinstance(event, StepStarted):
            self._step = (event.title, now)
        else:
            self._marks.append((*self._step, now))

    @contextmanager
    def over(self, machine: Machine) -> Iterator[None]:
        """Ask while a context lasts, then record what was seen, also after a failed step."""
        if not (self.asked and machine.fidelity.absolute_latency):
            yield
            return
        began_at = time.monotonic()
        self._try(lambda prober: prober.begin(self._orders(machine)))
        try:
            yield
        finally:
            recordings = self._try(Prober.end) or ()
            self.seen = tuple(self._availabilities(recordings, began_at))
            for each in self.seen:
                self._recorder.note(UpgradeProbed(cell=self._cell.id, availability=each))

    def _try(self, do: Callable[[Prober], T]) -> T | None:
        """Have the prober do something, unless it has failed before; return None if it fails."""
        if self._prober is None or self._problem:
            return None
        try:
            return do(self._prober)
        except (HarnessError, OSError) as error:
            self._problem = str(error)
            return None

    def _availabilities(
        self, recordings: Sequence[Recording], began_at: float
    ) -> Iterator[Availability]:
        if self._problem:
            for asked in self.asked:
                yield failed(asked, self._state, self._steps(began_at), self._problem)
        for asked, recording in zip(self.asked, recordings, strict=False):
            yield availability(
                asked,
                self._state,
                recording,
                self._steps(recording.began_at),
                evidence=self._recorder.relative(self._path(asked)),
            )

    def _steps(self, began_at: float) -> tuple[StepMark, ...]:
        """Return when each step ran, in seconds since ``began_at``."""
        return tuple(
            StepMark(title=title, began_s=since - began_at, ended_s=until - began_at)
            for title, since, until in self._marks
        )

    def _path(self, asked: Disruption) -> Path:
        return self._recorder.path(self._state, f"requests-{asked.endpoint}.json")

    def _orders(self, machine: Machine) -> Orders:
        max_downtime_ms = max(asked.max_downtime_ms for asked in self.asked)
        return Orders(
            questions=tuple(self._questions(machine)),
            linger_s=self._linger_s + max_downtime_ms / 1000,
        )

    def _questions(self, machine: Machine) -> Iterator[Question]:
        """Yield what is asked of a machine. Raises MachineError where it does not give it."""
        expect = self._cell.expect
        endpoints = {endpoint.id: endpoint for endpoint in expect.endpoint}
        for asked in self.asked:
            endpoint = endpoints[asked.endpoint]
            ports = dict.fromkeys((endpoint.port, expect.port_after(endpoint.port)))
            yield Question(
                endpoint=endpoint,
                ports=tuple(machine.published(port) for port in ports),
                certificate=authority(machine, endpoint),
                rate_per_s=asked.rate_per_s,
                answer_timeout_ms=asked.answer_timeout_ms,
                recording=str(self._path(asked)),
            )
