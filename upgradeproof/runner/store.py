"""The store of states: what was reached once, under the hash of all that led there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from upgradeproof.clients import CLIENTS, HttpQuestion, https_script
from upgradeproof.daemons import daemons
from upgradeproof.errors import HarnessError
from upgradeproof.plan import Cell, Expectations
from upgradeproof.plan.steps import Action, Upload, UploadTree
from upgradeproof.probes import CommandInput, ConfigInput, Facts, ProbeInputs, TlsInput
from upgradeproof.results import Availability, Fidelity
from upgradeproof.results.base import Frozen
from upgradeproof.results.journal import StepFinished, StepStarted
from upgradeproof.states import StateName, has_new_release

WAY_FILES = (
    "runner/executor.py",
    "runner/readiness.py",
    "runner/transition.py",
    "tree_archive.py",
)
"""What of the engine carries out the steps: a change of it makes every kept machine void."""
ENGINE_FILES = ("probes", "runner/reboots.py", *WAY_FILES)
"""What of it decides a state's content, its facts included."""
PROBER_FILES = ("prober", "runner/watch.py")
"""What decides beside them what a prober sees; of no matter where there is none."""
COMPONENT_KEYS = {"component", "components_from", "components_removed"}
"""What of a release only judges."""
BUILD_TIMEOUT_S = 3600.0


class Kept(Frozen):
    """What is kept of a state beside its snapshot and its facts."""

    run_id: str
    """The run that built it: a fresh run may reuse what it built itself, for another cell."""
    build: str
    """What tells this build from every other of the same key: they agree in all but their chances,
    such as a key made on the machine. What was reached from one is not reached from another."""
    fidelity: Fidelity
    steps: tuple[StepStarted | StepFinished, ...]
    transcripts: Mapping[str, str]
    """The steps' transcripts and the prober's recordings, by their path in the report."""
    duration_s: float
    availability: tuple[Availability, ...] = ()


def key(parent: str, cell: Cell, state: str, actions: Sequence[Action]) -> str:
    """Return the key of a state: a hash of its steps, everything that they read, and its parent.

    ``parent`` is the image, or the build of the state before.
    """
    content = {
        "parent": parent,
        "engine": code(ENGINE_FILES),
        "steps": [described(action) for action in actions],
        "reads": _reads(cell, state),
        "release": cell.release(state).model_dump(exclude=COMPONENT_KEYS),
        "ready_timeout_s": cell.plan.ready_timeout_s,
    }
    return content_key(content)


def content_key(content: Any) -> str:
    """Return the key of what something is made of."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def probe_inputs(cell: Cell, state: str, since: float = 0.0) -> ProbeInputs:
    """Return what the probes shall look at; ``since`` is when the state began, in seconds.

    The components are those of all releases: upgrades that begin alike share ``installed``.
    """
    expect, asked = cell.expect, cell.plan.preflight
    commands = (part.command for release in cell.plan.release for part in release.component)
    return ProbeInputs(
        since=since,
        daemons=daemons(cell.plan.folder / "daemons"),
        commands=tuple(dict.fromkeys(filter(None, commands))),
        runs=tuple(
            CommandInput(
                id=c.id,
                script=c.script,
                user=c.user,
                contains=c.contains,
                mask=c.mask,
                timeout_s=c.timeout_s,
            )
            for c in expect.command
        ),
        reads=tuple(CommandInput(id=d.id, script=d.to_read(), mask=d.mask) for d in expect.data),
        rewrites=tuple(
            CommandInput(id=name, script=script)
            for data in expect.data
            if (another := data.another)
            for name, script in (
                (f"{data.id}/write", another.to_write()),
                (data.id, another.to_read()),
            )
        ),
        https=_https(expect, state),
        tls=tuple(
            TlsInput(
                id=e.id,
                port=expect.port_in(state, e.port),
                host=e.host,
                starttls=e.kind if e.starttls else "",
            )
            for e in expect.endpoint
            if e.speaks_tls
        ),
        run_scripts=expect.scripts == "run",
        folders=asked.folders,
        measured_folder=asked.storage_iops.path if asked.storage_iops.asked else "",
        configs=tuple(
            ConfigInput(path=c.path, format=c.format_in(state), check=c.check)
            for c in expect.config
        ),
        certificates=expect.certificates,
        modules=expect.modules,
        services=expect.units_in(state),
        stays_up_s=cell.plan.stays_up_s if has_new_release(state) else 0.0,
    )


def _https(expect: Expectations, state: str) -> tuple[CommandInput, ...]:
    """Return what asks each https endpoint by each client, from inside of the machine."""
    found = []
    for endpoint in expect.endpoint:
        if endpoint.kind == "https" and endpoint.from_ != "outside":
            question = HttpQuestion(
                address="127.0.0.1",
                port=expect.port_in(state, endpoint.port),
                host=endpoint.host,
                path=endpoint.path,
                ca=endpoint.ca,
            )
            found += [
                CommandInput(id=f"{endpoint.id}/{client}", script=https_script(question, (client,)))
                for client in CLIENTS
            ]
    return tuple(found)


def _reads(cell: Cell, state: str) -> Any:
    """Return what of the plan reaches the machine; what only judges is left out."""
    expect = cell.expect
    probed = (
        {"probed": _probed(expect)} if state == StateName.UPGRADED and expect.disruption else {}
    )
    return {
        **probed,
        "inputs": repr(probe_inputs(cell, state)),
        "services": expect.units_in(state),
        "ports": [port.model_dump() for port in expect.port],
        "data": [(data.id, data.to_write()) for data in expect.data],
        "asked": [e.model_dump() for e in expect.endpoint] if StateName(state).spec.booted else [],
    }


def _probed(expect: Expectations) -> Any:
    """Return all that decides what a prober sees.

    Of the budgets that is the longest downtime allowed: the prober looks on for longer than that.
    """
    asked = {disruption.endpoint for disruption in expect.disruption}
    return {
        "engine": code(PROBER_FILES),
        "longest_ms": max(d.longest_ms for d in expect.disruption),
        "disruptions": [
            d.model_dump(exclude={"longest_ms", "total_ms"}) for d in expect.disruption
        ],
        "endpoints": [e.model_dump() for e in expect.endpoint if e.id in asked],
    }


def described(action: Action) -> Any:
    """Return all that an action does, with the content that it carries."""
    if isinstance(action, Upload):
        digest = action.digest or hashlib.sha256(action.source.read_bytes()).hexdigest()
        return ["upload", action.path, action.mode, action.owner, digest]
    if isinstance(action, UploadTree):
        return ["tree", action.tree.path, action.tree.digest()]
    return [type(action).__name__, *vars(action).values()]


@cache
def code(names: tuple[str, ...]) -> str:
    """Return the hash of the engine's code in some of its files and folders."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for name in names:
        path = root / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()


class Store:
    """A folder of kept states; a state is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._states = folder / "states"
        self._locks = folder / "locks"
        self.checkpoints = folder / "checkpoints"
        """Stops between states: see ``runner.checkpoints``."""
        for path in (self._states, self._locks):
            path.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def building(self, state_key: str) -> Iterator[None]:
        """Hold a state while it is built; another run that wants it waits and then reuses it."""
        lock = FileLock(self._locks / f"{state_key}.lock")
        try:
            with lock.acquire(timeout=BUILD_TIMEOUT_S):
                yield
        except Timeout:
            raise HarnessError(
                f"another run has been building the state {state_key} for an hour",
                resolution="end that run, then `upgradeproof prune`",
            ) from None

    @contextmanager
    def alone(self, run_id: str, cell: str) -> Iterator[None]:
        """Hold a cell in this run. Raises HarnessError if another worker of the run holds it."""
        lock = FileLock(self._locks / f"{run_id}.{cell}.lock")
        try:
            with lock.acquire(timeout=0):
                yield
        except Timeout:
            raise HarnessError(
                f"two workers hold the cell {cell}",
                resolution="a pytest plugin has replaced the scheduler: run without it",
            ) from None

    def find(self, state_key: str) -> tuple[Kept, Facts] | None:
        """Return a kept state, or None: also when what is there can't be read any more."""
        folder = self._states / state_key
        try:
            kept = Kept.model_validate_json((folder / "state.json").read_bytes())
            facts = Facts.from_json((folder / "facts.json").read_text(encoding="utf-8"))
            os.utime(folder)  # this is its last use
        except (OSError, ValueError, KeyError):
            return None
        return kept, facts

    def keep(self, state_key: str, kept: Kept, facts: Facts) -> None:
        """Keep a state; readers see it whole from the moment of its renaming."""
        folder = self._states / state_key
        part = folder.with_suffix(f".{os.getpid()}.part")
        part.mkdir(parents=True)
        (part / "state.json").write_text(kept.model_dump_json(), encoding="utf-8")
        (part / "facts.json").write_text(facts.to_json(), encoding="utf-8")
        self.forget(state_key)
        part.rename(folder)

    def clear(self) -> None:
        """Remove every kept state; a run that goes on builds what it still needs anew."""
        for folder in (*self._states.iterdir(), self.checkpoints):
            shutil.rmtree(folder, ignore_errors=True)

    def forget(self, state_key: str) -> None:
        """Remove a kept state, if it is there."""
        shutil.rmtree(self._states / state_key, ignore_errors=True)
