"""The machines of one cell: the active one, and those that stay in one state."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from upgradeproof.errors import NotReadyError
from upgradeproof.machines import Backend, Machine, MachineSpec
from upgradeproof.plan import Cell, Expectations
from upgradeproof.runner.readiness import BOOT_TIMEOUT_S, patience_s, wait_until_ready
from upgradeproof.states import STATES, StateName, snapshot_of


@dataclass
class ActiveMachine:
    """The machine that goes from state to state, and the state that it is in."""

    machine: Machine
    state: StateName | None
    """None during a transition: no test may see it then."""


class MachinePool(AbstractContextManager["MachinePool"]):
    """Start the machines of one cell, and end them all with the context."""

    def __init__(
        self,
        cell: Cell,
        backend: Backend,
        run_id: str,
        *,
        snapshot: Callable[[StateName], str],
        wait: Callable[[StateName], None],
        in_use: Callable[[StateName], Expectations],
    ) -> None:
        """Know the cell.

        ``snapshot`` returns that of a state, ``wait`` returns when a state is not being saved any
        more, and ``in_use`` returns what a new start of a state must bring back.
        """
        self._cell = cell
        self._backend = backend
        self._run_id = run_id
        self._snapshot = snapshot
        self._wait = wait
        self._in_use = in_use
        self._started = 0
        self._active_stack = ExitStack()
        self._shared_stack = ExitStack()
        self._shared: dict[StateName, Machine] = {}
        self.active: ActiveMachine | None = None

    def __exit__(self, *_: object) -> None:
        """End every machine of the cell."""
        self.discard()
        self._shared_stack.close()

    def acquire(self, state: StateName, snapshot: str | None = None) -> ActiveMachine:
        """Return the active machine in ``state``: the one that is in it, or another.

        Another is started from ``snapshot``, or from that of the state itself. A machine that is
        being saved is paused: it is returned after that.
        """
        if self.active is None or self.active.state != state:
            self.discard()
            machine = self._active_stack.enter_context(
                self._start(snapshot or self._snapshot(state), "main")
            )
            self.active = ActiveMachine(machine, state)
            if snapshot is None:
                self._make_ready(machine, state)
        self._wait(state)
        return self.active

    def discard(self) -> None:
        """End the active machine, after it is saved."""
        if self.active is not None and self.active.state is not None:
            self._wait(self.active.state)
        self.active = None
        self._active_stack.close()

    def shared(self, state: StateName) -> Machine:
        """Return the machine in a state that is shared by all tests that only read."""
        if self.active is not None and self.active.state == state:
            self._wait(state)
            return self.active.machine
        if state not in self._shared:
            self._shared[state] = self._shared_stack.enter_context(self._in_state(state, state))
        return self._shared[state]

    def clone(self, state: StateName) -> AbstractContextManager[Machine]:
        """Start a separate machine in a state, and end it with the context."""
        return self._in_state(state, f"{state}-clone")

    def resumed(self, state: StateName) -> AbstractContextManager[Machine]:
        """Start a machine from the snapshot of a state without a wait, to read facts."""
        return self._start(self._snapshot(state), f"{state}-facts")

    @contextmanager
    def _in_state(self, state: StateName, purpose: str) -> Iterator[Machine]:
        """Start a machine in a state and wait until it is in use.

        A container that is started from a snapshot boots. A VM resumes the snapshot's memory:
        in a booted state it boots again.
        """
        with self._start(self._snapshot(snapshot_of(state)), purpose) as machine:
            if STATES[state].booted and machine.fidelity.own_kernel:
                machine.reboot(timeout_s=patience_s(machine, BOOT_TIMEOUT_S))
            self._make_ready(machine, state)
            yield machine

    def _start(self, snapshot: str, purpose: str) -> AbstractContextManager[Machine]:
        self._started += 1
        name = f"upgradeproof-{self._run_id}-{self._cell.id}-{purpose}-{self._started}"
        spec = MachineSpec(
            snapshot=snapshot,
            name=re.sub(r"[^A-Za-z0-9_.-]", "-", name),
            architecture=self._cell.platform.architecture,
            ports=self._cell.ports,
            labels={"upgradeproof.run": self._run_id, "upgradeproof.cell": self._cell.id},
        )
        return self._backend.start(spec)

    def _make_ready(self, machine: Machine, state: StateName) -> None:
        """Wait until a machine that was started from a state's snapshot is in use again.

        The old release was in use when its state was reached: a start must bring it back. Whether
        the new one is in use is for the checks to judge.
        """
        plan_s = self._cell.plan.ready_timeout_s
        in_use = self._in_use(snapshot_of(state))
        missing = wait_until_ready(machine, in_use, state, plan_s)
        if missing and snapshot_of(state) == StateName.INSTALLED:
            limit_s = patience_s(machine, plan_s)
            raise NotReadyError(
                f"the old release was in use, and {limit_s:g} s after a new start it is not",
                details=missing,
                resolution="enable its services at boot, in the install steps",
            )
