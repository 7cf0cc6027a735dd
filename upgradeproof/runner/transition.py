"""The transition from one state to the next: run the steps until the product is in use."""

from __future__ import annotations

import time
from collections.abc import Sequence

from upgradeproof.errors import NotReadyError
from upgradeproof.machines import Machine
from upgradeproof.plan import Cell
from upgradeproof.plan.steps import Action, Script
from upgradeproof.results.journal import StepFinished, StepStarted
from upgradeproof.runner.checkpoints import Checkpoints
from upgradeproof.runner.executor import StepExecutor
from upgradeproof.runner.pool import ActiveMachine, MachinePool
from upgradeproof.runner.readiness import patience_s, wait_until_old, wait_until_ready
from upgradeproof.runner.recorder import Recorder
from upgradeproof.runner.watch import Watch
from upgradeproof.states import StateName

DATA_TIMEOUT_S = 60.0
STAYS_S = 2.0
"""How long services must have been up before the state counts as reached."""


class Transition:
    """Take the active machine of one cell from a state to the next one."""

    def __init__(
        self,
        cell: Cell,
        state: StateName,
        *,
        actions: Sequence[Action],
        recorder: Recorder,
        checkpoints: Checkpoints | None,
        watch: Watch,
    ) -> None:
        """Know where it leads; ``checkpoints`` None: none is used and none is saved."""
        self._cell = cell
        self._state = state
        self._actions = actions
        self._recorder = recorder
        self._checkpoints = checkpoints
        self._watch = watch
        self.steps: list[StepStarted | StepFinished] = []
        """The events of its steps, those before a checkpoint included."""
        self.since = 0.0
        """When it began, in seconds of the machine's own clock."""

    def run(self, pool: MachinePool, parent: StateName, image: str | None) -> ActiveMachine:
        """Run the steps, wait until the product is in use, and return the machine.

        Starts at the last checkpoint, else at ``parent`` (``image`` where that is the bare one).
        Raises what a step raises, and NotReadyError when the old release never gets ready.
        """
        active, done = self._begin(pool, parent, image)
        machine, active.state = active.machine, None
        with self._watch.over(machine):
            self._run_steps(machine, done)
        return active

    def _run_steps(self, machine: Machine, done: int) -> None:
        """Run the steps that are left, until the product is in use."""
        executor = StepExecutor(self._recorder, self._state, record=self._record, done=done)
        spent_s = 0.0
        for number, action in enumerate(self._actions[done:], start=done + 1):
            started = time.monotonic()
            executor.run(machine, (action,))
            spent_s += time.monotonic() - started
            checkpoints = self._checkpoints
            if checkpoints and checkpoints.worth_it(number, machine, spent_s):
                checkpoints.save(number, machine, self.since, self.steps)
                spent_s = 0.0
        self._settle(machine, executor)

    def _begin(
        self, pool: MachinePool, parent: StateName, image: str | None
    ) -> tuple[ActiveMachine, int]:
        """Return the machine to start with, and how many of the steps it has been through."""
        found = self._checkpoints.find() if self._checkpoints else None
        if found is None:
            active = pool.acquire(parent, image)
            self._recorder.placed(active.machine.fidelity)
            self.since = float(active.machine.run("date +%s.%N").text)
            return active, 0
        checkpoint, snapshot = found
        pool.discard()
        active = pool.acquire(parent, snapshot)
        self._recorder.placed(active.machine.fidelity)
        self._recorder.restore(checkpoint.transcripts)
        for event in checkpoint.steps:
            self._record(event.model_copy(update={"cell": self._cell.id}))
        self.since = checkpoint.since
        return active, checkpoint.done

    def _record(self, event: StepStarted | StepFinished) -> None:
        self._recorder.note(event)
        self._watch.note(event)
        self.steps.append(event)

    def _settle(self, machine: Machine, executor: StepExecutor) -> None:
        """Wait until the product is in use; in ``installed``, put it to use: write the data.

        An old release that never gets ready can't be upgraded. A new one that does not is left for
        the checks to judge, each with the fact that it is about.
        """
        expect, plan_s = self._cell.expect, self._cell.plan.ready_timeout_s
        missing = wait_until_ready(machine, expect, self._state, plan_s, stays_s=STAYS_S)
        if self._state != StateName.INSTALLED:
            wait_until_old(machine, expect.units_in(self._state), self._cell.plan.min_uptime_s)
            return
        if missing:
            raise NotReadyError(
                f"the old release is not in use (time limit: {patience_s(machine, plan_s):g} s)",
                details=missing,
                resolution="see the transcripts, and journal.log in the cell's evidence",
            )
        for data in self._cell.expect.data:
            title = f"write {data.id} through the service"
            script = data.to_write()
            executor.script(machine, Script(title=title, script=script, timeout_s=DATA_TIMEOUT_S))
            found = machine.run(data.to_read())
            if found.text != data.expected() or not found.ok:
                raise NotReadyError(
                    f"the data {data.id!r} can't be read back before the upgrade",
                    details=f"expected {data.expected()!r}, found {found.tail!r}"
                    f" with exit status {found.exit_status}",
                    resolution="fix `write`, `read` or `equals` in the plan",
                )
