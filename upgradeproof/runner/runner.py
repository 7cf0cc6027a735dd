"""The runner of one cell: plan the transition to a state, run it, prove it; forward only."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from upgradeproof import preflight
from upgradeproof.errors import InhibitedError, NotReachedError, UpgradeproofError
from upgradeproof.machines import Backend, Machine
from upgradeproof.plan import Cell
from upgradeproof.plan.steps import Action
from upgradeproof.probes import Facts, read
from upgradeproof.results import Change, Finding
from upgradeproof.results.journal import PreflightDone, StepFinished
from upgradeproof.runner import reboots
from upgradeproof.runner.cache import StateCache
from upgradeproof.runner.context import RunContext
from upgradeproof.runner.inputs import probe_inputs
from upgradeproof.runner.judging import judge
from upgradeproof.runner.pool import MachinePool
from upgradeproof.runner.proof import prove
from upgradeproof.runner.recorder import Recorder
from upgradeproof.runner.state import State
from upgradeproof.runner.store import CachedState, Loaded
from upgradeproof.runner.transition import Transition
from upgradeproof.runner.watch import Watch
from upgradeproof.states import StateName, compared_with, state_named


class Runner(AbstractContextManager["Runner"]):
    """Reach the states of one cell, and hand out machines in them.

    A state is loaded from the cache where a run has saved it, else its transition is run on the
    cell's active machine. Either way its facts prove it before anything else may use it.
    """

    def __init__(self, cell: Cell, context: RunContext) -> None:
        self.cell = cell
        self.recorder = Recorder(cell.id, context.reports, context.journal.write)
        self._context = context
        self._states: dict[StateName, State] = {}
        self._builds: dict[StateName, str] = {}
        """The id of each state's build; of ``base``, the image."""
        self._failed: dict[StateName, Exception] = {}
        self._actions: dict[StateName, tuple[Action, ...]] = {}
        self._open = ExitStack()
        self._backend: Backend
        self._cache: StateCache
        self._pool: MachinePool

    def __enter__(self) -> Runner:
        """Take the cell for this process. Raises HarnessError when another one holds it."""
        context = self._context
        self._backend = context.backend(self.cell.platform.machine)
        self._open.enter_context(context.store.alone(context.run_id, self.cell.id))
        self._open.enter_context(self._backend.slot())
        cache = StateCache(self.cell, self._backend, context)
        self._pool = self._open.enter_context(
            MachinePool(
                self.cell,
                self._backend,
                context.run_id,
                snapshot=cache.snapshot,
                wait=cache.wait,
                in_use=lambda name: self._states[name].in_use,
            )
        )
        self._cache = self._open.enter_context(cache)
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until what was reached is saved, then end every machine."""
        self._open.close()

    def reach(self, name: str) -> State:
        """Return a state, reached now if it was not before.

        Raises the error that stopped it, the first time; afterwards NotReachedError from that
        error. No transition is tried twice.
        """
        return self._reached(state_named(name))

    def clone(self, name: str) -> AbstractContextManager[Machine]:
        """Return a separate machine in a state; it is started and ended as a context."""
        self.reach(name)
        return self._pool.clone(state_named(name))

    def boot_again(self, machine: Machine, name: str) -> State:
        """Boot a clone of a state again, and return the state as it is on that machine then.

        Raises BootError when the machine does not come up, or its product is not in use.
        """
        state = self.reach(name)
        facts = reboots.boot_again(machine, self.cell, state_named(name))
        return replace(state.on(lambda: machine), facts=facts, changes=())

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Return what the preflight finds on the old release, examined once.

        Findings are never cached: they are those of the plan as it is now.
        """
        return preflight.examine(self._situation())

    @property
    def own_kernel(self) -> bool:
        """Return whether the cell's machines have a kernel of their own."""
        return self._backend.own_kernel

    @property
    def locustfiles(self) -> tuple[Path, ...]:
        """Return the folders in which a load's users are searched: the product's own first."""
        return (self.cell.plan.folder, *self._context.locustfiles)

    def actions(self, name: str) -> tuple[Action, ...]:
        """Return what leads to a state, with the product's own packages built for it."""
        state = state_named(name)
        if state not in self._actions:
            self._actions[state] = self._context.packager.actions(self.cell, state)
        return self._actions[state]

    def _reached(self, name: StateName) -> State:
        if first := self._failed.get(name):
            brief = first.brief if isinstance(first, UpgradeproofError) else repr(first)
            raise NotReachedError(f"{name} was not reached: {brief}") from first
        if name not in self._states:
            try:
                before = self._before(name)
                self._states[name] = self._reach(name, before)
            except Exception as error:
                self._failed[name] = error
                if not (name.spec.booted or isinstance(error, InhibitedError)):
                    self._pool.discard()  # else the active machine is still in the state before
                raise
        return self._states[name]

    def _before(self, name: StateName) -> State | None:
        """Reach what a state needs; return the state that it is reached from, None: the image."""
        parent = name.spec.parent
        before = None if parent is StateName.BASE else self._reached(parent)
        if name.spec.baseline:
            self._reached(name.spec.baseline)
        if before is None and StateName.BASE not in self._builds:
            self._builds[StateName.BASE] = self._context.image(self.cell.platform, self.recorder)
        return before

    def _reach(self, name: StateName, before: State | None) -> State:
        """Plan the transition to a state, then load or run it, prove it, save it, record it."""
        started = time.monotonic()
        try:
            state_key = self._cache.key(name, self._builds[name.spec.parent], self.actions(name))
            self.recorder.started(name, state_key)
            if name is StateName.UPGRADED:
                self._preflight()
            watch = Watch(self.cell, name, before, self.recorder, self._context)
            with self._cache.building(name, state_key):
                found = self._load(name, state_key, watch)
                cached, facts = found or self._run(name, state_key, before, watch)
            return self._arrive(name, cached, facts, reused=found is not None)
        except Exception as error:
            active = None if name.spec.booted else self._pool.active
            if active and active.state:
                self._cache.wait(active.state)  # a machine that is being saved is paused
            machine = active.machine if active else None
            self.recorder.failed(name, error, time.monotonic() - started, machine)
            raise

    def _preflight(self) -> None:
        """Stop the upgrade before it changes anything, if a finding inhibits it.

        Done for a cached state, too: its findings are those of the plan as it is now.
        """
        event = PreflightDone(cell=self.cell.id, state=StateName.UPGRADED, findings=self.findings)
        self.recorder.note(event)
        preflight.stop(self._situation(), self.findings)

    def _situation(self) -> preflight.Situation:
        installed = self._reached(StateName.INSTALLED)
        return preflight.Situation(
            cell=self.cell, facts=installed.facts, fidelity=installed.fidelity
        )

    def _load(
        self, name: StateName, state_key: str, watch: Watch
    ) -> tuple[CachedState, Facts] | None:
        """Return a state that was saved, with the events of the time when it was built."""
        found = self._cache.load(name, state_key)
        if found is None:
            return None
        cached, facts = found.cached, found.facts
        if cached.fidelity.absolute_latency and not watch.is_known(cached.availability):
            return None  # it is built again: availability during its transition is not known
        if found.missing:
            facts = facts.joined(self._read_later(name, state_key, found))
        prove(self.cell, name, facts, self._facts())
        self.recorder.copied(cached)
        return cached, facts

    def _read_later(self, name: StateName, state_key: str, found: Loaded) -> Facts:
        """Read what a cached state lacks on a machine that is started from its snapshot."""
        with self._pool.resumed(name) as machine:
            inputs = probe_inputs(self.cell, name, found.cached.since)
            facts = read(machine, inputs, found.missing)
        self._cache.add(state_key, facts)
        return facts

    def _run(
        self, name: StateName, state_key: str, before: State | None, watch: Watch
    ) -> tuple[CachedState, Facts]:
        """Run the transition to a state, and save what it ends in once that is proven."""
        if name.spec.booted and before:
            return self._boot(name, state_key, before)
        return self._build(name, state_key, watch)

    def _boot(self, name: StateName, state_key: str, parent: State) -> tuple[CachedState, Facts]:
        """Observe a clone that has booted again; the machine itself is used up by that."""
        started = time.monotonic()
        with self._pool.clone(name) as machine:
            facts = reboots.observe(machine, self.cell, name)
        prove(self.cell, name, facts, self._facts())
        cached = CachedState(
            run_id=self._context.run_id,
            build=uuid4().hex,
            fidelity=parent.fidelity,
            steps=(),
            transcripts={},
            duration_s=time.monotonic() - started,
        )
        self._cache.save_facts(state_key, cached, facts)
        return cached, facts

    def _build(self, name: StateName, state_key: str, watch: Watch) -> tuple[CachedState, Facts]:
        started, parent = time.monotonic(), name.spec.parent
        build, actions = self._builds[parent], self.actions(name)
        transition = Transition(
            self.cell,
            name,
            actions=actions,
            recorder=self.recorder,
            checkpoints=self._cache.checkpoints(build, actions, self.recorder)
            if not watch.asked
            else None,
            watch=watch,
        )
        with watch:
            image = build if parent is StateName.BASE else None
            active = transition.run(self._pool, parent, image)
        facts = read(active.machine, probe_inputs(self.cell, name, transition.since))
        prove(self.cell, name, facts, self._facts())
        cached = CachedState(
            run_id=self._context.run_id,
            build=uuid4().hex,
            fidelity=active.machine.fidelity,
            steps=tuple(transition.steps),
            transcripts=self.recorder.written(transition.steps, watch.seen),
            duration_s=time.monotonic() - started,
            availability=watch.seen,
            since=transition.since,
        )
        self._cache.save(name, state_key, cached, facts, active.machine)
        active.state = name
        return cached, facts

    def _changes(self, name: StateName, facts: Facts) -> tuple[Change, ...]:
        """Return the diff against the state that this one is compared with."""
        if name.spec.booted:
            return reboots.changes(self.cell, name, facts, self._states)
        start = self._states.get(compared_with(name))
        return judge(self.cell, name, start.facts, facts) if start else ()

    def _facts(self) -> dict[StateName, Facts]:
        """Return the facts of every state that was reached."""
        return {name: state.facts for name, state in self._states.items()}

    def _arrive(self, name: StateName, cached: CachedState, facts: Facts, *, reused: bool) -> State:
        self._builds[name] = cached.build
        changes = self._changes(name, facts)
        release = self.cell.release(name)
        self.recorder.reached(name, cached, facts, changes, release, reused=reused)
        if name is StateName.INSTALLED and self.cell.plan.captured:
            self.recorder.compared(self.cell.plan.folder / self.cell.plan.captured, facts)
        return State(
            name=name,
            cell=self.cell,
            fidelity=cached.fidelity,
            facts=facts,
            changes=changes,
            took_s=sum(e.duration_s for e in cached.steps if isinstance(e, StepFinished)),
            _availability=cached.availability,
            _machine=lambda: self._pool.shared(name),
        )
