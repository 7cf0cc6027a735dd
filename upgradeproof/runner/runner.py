"""The runner of one cell: forward only, one state at a time, each stop kept."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from uuid import uuid4

from upgradeproof import preflight
from upgradeproof.errors import InhibitedError, NotReachedError, UpgradeproofError
from upgradeproof.evidence import Evidence
from upgradeproof.machines import Backend, Machine
from upgradeproof.plan import Cell
from upgradeproof.plan.steps import Action
from upgradeproof.probes import Facts, read
from upgradeproof.results import Change
from upgradeproof.results.journal import PreflightDone, StepFinished
from upgradeproof.runner import proof, reboots
from upgradeproof.runner.cache import Keeper
from upgradeproof.runner.checkpoints import Checkpoints
from upgradeproof.runner.context import RunContext
from upgradeproof.runner.judging import judge
from upgradeproof.runner.pool import MachinePool
from upgradeproof.runner.recorder import Recorder
from upgradeproof.runner.state import State
from upgradeproof.runner.store import Kept, key, probe_inputs
from upgradeproof.runner.transition import Transition
from upgradeproof.runner.watch import Watch
from upgradeproof.states import StateName, compared_with, state_named


class Runner(AbstractContextManager["Runner"]):
    """Reach the states of one cell, and hand out machines in them."""

    def __init__(self, cell: Cell, context: RunContext) -> None:
        self.cell = cell
        self._context = context
        self.recorder = Recorder(cell, Evidence(context.reports, cell.id), context.journal)
        self._states: dict[StateName, State] = {}
        self._builds: dict[StateName, str] = {}
        self._actions: dict[StateName, tuple[Action, ...]] = {}
        self._image = ""
        self._failed: dict[StateName, Exception] = {}
        self._open = ExitStack()
        self._pool: MachinePool
        self._keeper: Keeper
        self._backend: Backend

    def __enter__(self) -> Runner:
        """Take the cell for this process. Raises HarnessError when another one holds it."""
        backend = self._backend = self._context.backend(self.cell.platform.machine)
        self._open.enter_context(self._context.store.alone(self._context.run_id, self.cell.id))
        self._open.enter_context(backend.slot())
        keeper = Keeper(self.cell.id, backend, self._context.store)
        self._pool = self._open.enter_context(
            MachinePool(
                self.cell,
                backend,
                self._context.run_id,
                keeper.snapshot,
                lambda name: self._states[name].in_use,
            )
        )
        self._keeper = self._open.enter_context(keeper)
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until what was reached is kept, then end every machine."""
        self._open.close()

    def reach(self, name: str) -> State:
        """Return a state, reached now if it was not before.

        Raises what stood in the way, the first time; NotReachedError with that first cause ever
        after. Nothing is tried twice.
        """
        return self._reached(state_named(name))

    def _reached(self, name: StateName) -> State:
        if first := self._failed.get(name):
            brief = first.brief if isinstance(first, UpgradeproofError) else repr(first)
            raise NotReachedError(f"{name} was not reached: {brief}") from first
        if name not in self._states:
            try:
                parent = name.spec.parent
                before = None if parent is StateName.BASE else self._reached(parent)
                if name.spec.booted and before:
                    self._states[name] = self._reach_booted(name, before)
                else:
                    self._states[name] = self._reach(name, before)
            except Exception as error:
                self._failed[name] = error
                if not (name.spec.booted or isinstance(error, InhibitedError)):
                    self._pool.discard()  # else its machine still stands where it stood
                raise
        return self._states[name]

    def clone(self, name: str) -> AbstractContextManager[Machine]:
        """Return a machine of its own in a state; it is started and ended as a context."""
        self.reach(name)
        return self._pool.clone(state_named(name))

    @property
    def own_kernel(self) -> bool:
        """Tell whether the cell's machines have a kernel of their own."""
        return self._backend.own_kernel

    @property
    def locustfiles(self) -> tuple[Path, ...]:
        """Return the folders in which a load's users are looked for: the product's own first."""
        return (self.cell.plan.folder, *self._context.locustfiles)

    def actions(self, name: str) -> tuple[Action, ...]:
        """Return what leads to a state, with the product's own packages built for it."""
        state = state_named(name)
        if state not in self._actions:
            self._actions[state] = self._context.packager.actions(self.cell, state)
        return self._actions[state]

    def _reach(self, name: StateName, before: State | None) -> State:
        parent = self._builds[name.spec.parent] if before else self._base()
        started = time.monotonic()
        try:
            state_key = key(parent, self.cell, name, self.actions(name))
            self.recorder.started(name, state_key)
            if name == StateName.UPGRADED and before:
                self._preflight(before)
            watch = Watch(self.cell, name, before, self.recorder, wanted=self._context.watched)
            with self._context.store.building(state_key):
                return self._reuse(name, state_key, watch) or self._build(
                    name, state_key, before, watch
                )
        except Exception as error:
            active = self._pool.active
            machine = active.machine if active else None
            self.recorder.failed(name, error, time.monotonic() - started, machine)
            raise

    def _reach_booted(self, name: StateName, parent: State) -> State:
        """Boot a clone of a state again, and return what it then is."""
        if name == StateName.REBOOTED:
            self._reached(StateName.INSTALLED_REBOOTED)
        started = time.monotonic()
        state_key = key(self._builds[name.spec.parent], self.cell, name, ())
        self.recorder.started(name, state_key)
        try:
            with self._context.store.building(state_key):
                found = self._context.store.find(state_key)
                if found and self._usable(found[0]):
                    kept, facts, reused = *found, True
                else:
                    kept, facts, reused = *self._boot(name, parent, state_key), False
        except Exception as error:
            self.recorder.failed(name, error, time.monotonic() - started)
            raise
        self._builds[name] = kept.build
        changes = reboots.changes(self.cell, name, facts, self._states)
        return self._arrive(name, kept, facts, changes, reused=reused)

    def _boot(self, name: StateName, parent: State, state_key: str) -> tuple[Kept, Facts]:
        """Observe a clone that has booted again; the machine itself is used up by that."""
        started = time.monotonic()
        with self._pool.clone(name) as machine:
            facts = reboots.observe(machine, self.cell, name)
        kept = Kept(
            run_id=self._context.run_id,
            build=uuid4().hex,
            fidelity=parent.fidelity,
            steps=(),
            transcripts={},
            duration_s=time.monotonic() - started,
        )
        self._context.store.keep(state_key, kept, facts)
        return kept, facts

    def _usable(self, kept: Kept) -> bool:
        """Tell whether this run may use what an earlier run kept: a fresh one only its own."""
        return not self._context.fresh or kept.run_id == self._context.run_id

    def _preflight(self, installed: State) -> None:
        """Stop the upgrade before it changes anything, if something stands in its way.

        Done for a kept state, too: its findings are those of the plan as it is now.
        """
        situation = preflight.Situation(
            cell=self.cell, facts=installed.facts, fidelity=installed.fidelity
        )
        found = preflight.examine(situation)
        self.recorder.note(
            PreflightDone(cell=self.cell.id, state=StateName.UPGRADED, findings=found)
        )
        preflight.stop(situation, found)

    def _base(self) -> str:
        """Return the image that the cell starts from; made now, where no run made it before."""
        if self._image:
            return self._image
        platform, started = self.cell.platform, time.monotonic()
        self.recorder.started(StateName.BASE, platform.id)
        try:
            self._image = self._context.images.ensure(platform)
        except UpgradeproofError as error:
            self.recorder.failed(StateName.BASE, error, time.monotonic() - started)
            raise
        self.recorder.based(time.monotonic() - started)
        return self._image

    def _reuse(self, name: StateName, state_key: str, watch: Watch) -> State | None:
        """Return a state that an earlier run kept, with the events of the time it was built."""
        found = self._keeper.find(name, state_key)
        if found is None:
            return None
        kept, facts = found
        if not self._usable(kept):
            return None
        if kept.fidelity.absolute_time and not watch.is_known(kept.availability):
            return None  # it is built anew: what is to be seen on the way is not known
        proof.prove(self.cell, name, facts, self._facts())
        self.recorder.copied(kept)
        return self._arrive(name, kept, facts, self._changes(name, facts), reused=True)

    def _build(self, name: StateName, state_key: str, before: State | None, watch: Watch) -> State:
        started = time.monotonic()
        transition = Transition(
            self.cell,
            name,
            actions=self.actions(name),
            recorder=self.recorder,
            checkpoints=None if watch.asked else self._checkpoints(name),
            watch=watch,
        )
        with watch:
            active = transition.run(self._pool, name.spec.parent, None if before else self._base())
        machine = active.machine
        facts = read(machine, probe_inputs(self.cell, name, transition.since))
        proof.prove(self.cell, name, facts, self._facts())
        kept = Kept(
            run_id=self._context.run_id,
            build=uuid4().hex,
            fidelity=machine.fidelity,
            steps=tuple(transition.steps),
            transcripts=self.recorder.written(transition.steps, watch.seen),
            duration_s=time.monotonic() - started,
            availability=watch.seen,
        )
        self._keeper.keep(name, state_key, machine, kept, facts)
        if any(later.spec.parent is name for later in self.cell.states):  # also a booted clone
            self._keeper.wait(name)  # the machine travels on: what is kept must be this state
        active.state = name
        return self._arrive(name, kept, facts, self._changes(name, facts), reused=False)

    def _changes(self, name: StateName, facts: Facts) -> tuple[Change, ...]:
        """Return the diff against the state that this one is compared with."""
        start = self._states.get(compared_with(name))
        return judge(self.cell, name, start.facts, facts) if start else ()

    def _facts(self) -> dict[StateName, Facts]:
        """Return the facts of every state that was reached."""
        return {name: state.facts for name, state in self._states.items()}

    def _checkpoints(self, name: StateName) -> Checkpoints | None:
        """Return the stops on the way to a state; a run that builds anew wants none."""
        if self._context.fresh:
            return None
        parent = name.spec.parent
        return Checkpoints(
            folder=self._context.store.checkpoints,
            backend=self._backend,
            parent=self._builds.get(parent, self._image),
            actions=self.actions(name),
            recorder=self.recorder,
            checkpoint_after_s=self._context.checkpoint_after_s,
            hold=self._keeper.hold,
        )

    def _arrive(
        self,
        name: StateName,
        kept: Kept,
        facts: Facts,
        changes: tuple[Change, ...],
        *,
        reused: bool,
    ) -> State:
        self._builds[name] = kept.build
        self.recorder.reached(name, kept, facts, changes, reused=reused)
        if name == StateName.INSTALLED and self.cell.plan.captured:
            self.recorder.compared(self.cell.plan.folder / self.cell.plan.captured, facts)
        return State(
            name=name,
            cell=self.cell,
            fidelity=kept.fidelity,
            facts=facts,
            changes=changes,
            took_s=sum(e.duration_s for e in kept.steps if isinstance(e, StepFinished)),
            _availability=kept.availability,
            _machine=lambda: self._pool.shared(name),
        )
