"""Keep the states of one cell: snapshots and facts, while the runner goes on."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager

from upgradeproof.errors import HarnessError
from upgradeproof.machines import Backend, Machine
from upgradeproof.probes import Facts
from upgradeproof.runner.storage import InUse, Limits, Storage, Uses
from upgradeproof.runner.store import Kept, Store

log = logging.getLogger(__name__)


class Keeper(AbstractContextManager["Keeper"]):
    """Keep states in the background; who needs a snapshot waits for it."""

    def __init__(self, cell: str, backend: Backend, store: Store) -> None:
        self._cell = cell
        self._backend = backend
        self._store = store
        self._in_use = InUse(Uses(store.folder / "uses"))
        self._snapshots: dict[str, Future[str]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keeper")

    def __exit__(self, *_: object) -> None:
        """Wait until everything is kept; what could not be is no state's fault, and said."""
        self._thread.shutdown(wait=True)
        for state, snapshot in self._snapshots.items():
            if error := snapshot.exception():
                log.warning("%s: the state %s was not kept: %s", self._cell, state, error)
        self._in_use.close()

    def hold(self, key: str) -> None:
        """Hold what is kept under a key against its removal until the runner ends."""
        self._in_use.hold(key)

    def snapshot(self, state: str) -> str:
        """Return the snapshot of a state that was reached, waited for if need be."""
        return self._snapshots[state].result()

    def wait(self, state: str) -> None:
        """Wait until a state is kept, or can't be: who needs the snapshot then meets the error."""
        self._snapshots[state].exception()

    def find(self, state: str, key: str) -> tuple[Kept, Facts] | None:
        """Return a state that an earlier run kept, if its snapshot is still there."""
        self.hold(key)
        found = self._store.find(key)
        snapshot = self._backend.find_snapshot(key) if found else None
        if snapshot is None:
            return None
        self._snapshots[state] = Future()
        self._snapshots[state].set_result(snapshot)
        return found

    def keep(self, state: str, key: str, machine: Machine, kept: Kept, facts: Facts) -> None:
        """Begin to keep a state: the snapshot first, then what makes it known to other runs."""

        def work() -> str:
            self._make_room()
            labels = {"upgradeproof.cell": self._cell, "upgradeproof.state": state}
            snapshot = self._backend.snapshot(machine, key, labels)
            self._store.keep(key, kept, facts)
            return snapshot

        self.hold(key)
        self._store.forget(key)
        self._snapshots[state] = self._thread.submit(work)

    def _make_room(self) -> None:
        """Remove states that no process uses where the limits want it, before another is kept."""
        try:
            limits = Limits.of(self._store.folder)
            Storage(self._store.folder, [self._backend], limits).trim()
        except HarnessError as error:
            log.warning("%s: no room was made for another state: %s", self._cell, error)
