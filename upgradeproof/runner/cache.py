"""The cached states of one cell: load snapshots and facts, and save them in the background."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager

from upgradeproof.errors import HarnessError
from upgradeproof.machines import Backend, Machine
from upgradeproof.plan import Cell
from upgradeproof.plan.steps import Action
from upgradeproof.probes import Facts
from upgradeproof.runner.checkpoints import Checkpoints
from upgradeproof.runner.context import RunContext
from upgradeproof.runner.keys import key
from upgradeproof.runner.recorder import Recorder
from upgradeproof.runner.sections import AnyProbe, probes_of, read_later
from upgradeproof.runner.storage import HeldStates, Limits, StateLocks, Storage
from upgradeproof.runner.store import CachedState, Loaded
from upgradeproof.states import StateName

log = logging.getLogger(__name__)


class StateCache(AbstractContextManager["StateCache"]):
    """Load and save states; a state is saved in the background.

    A caller that needs the snapshot of a state waits until it is saved.
    """

    def __init__(self, cell: Cell, backend: Backend, context: RunContext) -> None:
        self._cell = cell
        self._backend = backend
        self._context = context
        self._store = context.store
        self._held = HeldStates(StateLocks(self._store.folder / "uses"))
        self._snapshots: dict[StateName, Future[str]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="state-cache")

    def __exit__(self, *_: object) -> None:
        """Wait until every state is saved; one that could not be is only logged."""
        self._thread.shutdown(wait=True)
        for state, snapshot in self._snapshots.items():
            if error := snapshot.exception():
                log.warning("%s: the state %s was not saved: %s", self._cell.id, state, error)
        self._held.close()

    @contextmanager
    def building(self, state: StateName, key: str) -> Iterator[None]:
        """Hold a key while its state is built or loaded, and until it is saved.

        Another run that needs the state waits, and then reuses it. This one goes on meanwhile.
        """
        with ExitStack() as held:
            held.enter_context(self._store.building(key))
            yield
            if snapshot := self._snapshots.get(state):
                until_saved = held.pop_all()
                snapshot.add_done_callback(lambda _: until_saved.close())

    def key(self, state: StateName, parent: str, actions: Sequence[Action]) -> str:
        """Return the key of a state that is reached from a build, or from the image."""
        memory = self._backend.saves_memory
        return key(
            parent,
            self._cell,
            state,
            actions,
            definition=self._backend.definition,
            sections={
                probe.section: self._store.section_key(probe)
                for probe in probes_of(state)
                if not read_later(probe, state, saves_memory=memory)
            },
        )

    def load(self, state: StateName, key: str) -> Loaded | None:
        """Return a state that was saved under a key; None: there is none that this run may use.

        A fresh run uses only what it saved itself. A state is of no use without its snapshot; a
        booted one never has any, since its machine was used up by the probes. What is missing of
        the facts can be read on a machine that is started from the snapshot.
        """
        if not state.spec.booted:
            self._held.hold(key)
        found = self._store.load(key, probes_of(state))
        if found is None or (self._context.fresh and found.cached.run_id != self._context.run_id):
            return None
        if state.spec.booted:
            return None if found.missing else found
        snapshot = self._backend.find_snapshot(key)
        if snapshot is None or not self._readable(state, snapshot, found.missing):
            return None
        self._snapshots[state] = Future()
        self._snapshots[state].set_result(snapshot)
        return found

    def _readable(self, state: StateName, snapshot: str, missing: Sequence[AnyProbe]) -> bool:
        """Return whether sections can be read on a machine that is started from a snapshot."""
        if all(read_later(probe, state, saves_memory=False) for probe in missing):
            return True
        return self._backend.resumes(snapshot) and all(
            read_later(probe, state, saves_memory=True) for probe in missing
        )

    def add(self, key: str, facts: Facts) -> None:
        """Save sections of a state that were read after it was saved."""
        self._store.add(key, facts)

    def save(
        self, state: StateName, key: str, cached: CachedState, facts: Facts, machine: Machine
    ) -> None:
        """Begin to save a state: the snapshot first, then what makes it known to other runs."""

        def work() -> str:
            self._trim()
            labels = {"upgradeproof.cell": self._cell.id, "upgradeproof.state": state}
            snapshot = self._backend.snapshot(machine, key, labels)
            self._store.save(key, cached, facts)
            return snapshot

        self._held.hold(key)
        self._store.forget(key)
        self._snapshots[state] = self._thread.submit(work)

    def save_facts(self, key: str, cached: CachedState, facts: Facts) -> None:
        """Save the facts of a booted state, which has no snapshot."""
        self._store.save(key, cached, facts)

    def snapshot(self, state: StateName) -> str:
        """Return the snapshot of a state that was reached; wait until it is saved."""
        return self._snapshots[state].result()

    def wait(self, state: StateName) -> None:
        """Wait until a state is saved, or can't be: a caller of ``snapshot`` gets the error."""
        if snapshot := self._snapshots.get(state):
            snapshot.exception()

    def checkpoints(
        self, parent: str, actions: Sequence[Action], recorder: Recorder
    ) -> Checkpoints | None:
        """Return the checkpoints of a transition from a build; a fresh run uses none."""
        if self._context.fresh:
            return None
        return Checkpoints(
            folder=self._store.checkpoints,
            backend=self._backend,
            parent=parent,
            actions=actions,
            definition=self._backend.definition,
            recorder=recorder,
            checkpoint_after_s=self._context.checkpoint_after_s,
            hold=self._held.hold,
        )

    def _trim(self) -> None:
        """Remove states that no process uses where the limits ask for it, before one is saved."""
        try:
            limits = Limits.of(self._store.folder)
            Storage(self._store.folder, [self._backend], limits).trim()
        except HarnessError as error:
            log.warning("%s: the cached states could not be trimmed: %s", self._cell.id, error)
