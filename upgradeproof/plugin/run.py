"""The session of one pytest process in a run: its options, its journal, its context."""

from __future__ import annotations

import logging
import os
import platform
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pluggy
import pytest

from upgradeproof import __version__, settings
from upgradeproof.errors import MachineError
from upgradeproof.home import Home
from upgradeproof.plan import Cell, choose
from upgradeproof.plugin.additions import added_subjects, with_expectations
from upgradeproof.plugin.items import CollectedTests
from upgradeproof.plugin.options import named_path, named_plans
from upgradeproof.plugin.shard_selection import TakenShard, taken_shard
from upgradeproof.plugin.subjects import Subjects
from upgradeproof.results import CachedStates, Journal
from upgradeproof.results.journal import RunStarted
from upgradeproof.runner import RunContext
from upgradeproof.runner.provenance import engine_digest

log = logging.getLogger(__name__)
RUN = pytest.StashKey["Session"]()
"""Where the session is stored on pytest's config; absent where there is no plan."""


@dataclass
class Session:
    """What one pytest process knows of the run."""

    home: Home
    reports: Path
    run_id: str
    worker: str
    """``main``, or xdist's name of this worker, such as ``gw0``."""
    fresh: bool
    hook: pluggy.HookRelay
    """pytest's hooks, those of our own specifications included."""
    declares: bool = True
    """Whether this process declares cells and checks: of xdist's workers, which collect the same,
    one does."""
    strict: bool = False
    """Whether an expected change that did not happen makes the run fail."""
    globs: tuple[str, ...] = ()
    """Of ``--upgradeproof-cell``; none: every cell."""
    shard: TakenShard | None = None
    """Of ``--upgradeproof-shard``; None: every cell."""
    selected_by_path: bool = False
    """Whether the command line names paths of tests: then these are all that is selected."""
    watched: bool = False
    """Whether a chosen test asks for availability; known when all are collected."""
    _open: ExitStack = field(default_factory=ExitStack)
    _on_engines: dict[str, RunContext] = field(default_factory=dict)

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """Return the plans' cells by id, with the expectations that plugins add."""
        return {cell.id: with_expectations(self.hook, cell) for cell in self.home.cells}

    @cached_property
    def subjects(self) -> Mapping[str, Subjects]:
        """Return the subjects by name, with those that plugins add."""
        return added_subjects(self.hook)

    @cached_property
    def chosen(self) -> dict[str, Cell]:
        """Return the cells that the globs and the shard leave.

        Raises PlanError for a glob that fits none, and for the shard of another plan.
        """
        chosen = {cell.id: cell for cell in choose(tuple(self.cells.values()), self.globs)}
        return self.shard.choose(chosen) if self.shard else chosen

    @cached_property
    def tests(self) -> CollectedTests:
        """Return the tests that xdist's workers have collected."""
        return CollectedTests(self.reports / "journal" / "tests.json")

    @cached_property
    def journal(self) -> Journal:
        """Return this process's journal, begun when it is first written to."""
        journal = self._open.enter_context(
            Journal(self.reports / "journal" / f"{self.worker}-{os.getpid()}.jsonl")
        )
        journal.write(
            RunStarted(
                run_id=self.run_id,
                upgradeproof=__version__,
                engine_sha256=engine_digest(),
                fresh=self.fresh,
                strict=self.strict,
                shard=self.shard.part if self.shard else None,
                host={
                    "system": platform.platform(),
                    "python": platform.python_version(),
                    "processors": str(os.cpu_count()),
                },
            )
        )
        return journal

    def close(self) -> None:
        """Close what this process has opened for the run."""
        self._open.close()

    @cached_property
    def context(self) -> RunContext:
        """Return what the runners of this process work with; old states are removed first."""
        self.trim()
        return self.home.run_context(
            self.reports, self.journal, self.run_id, fresh=self.fresh, watched=self.watched
        )

    def context_of(self, cell: Cell) -> RunContext:
        """Return what the runner of a cell works with: that of its engine, or of this host."""
        found = self.home.engine_of(cell)
        if found is None:
            return self.context
        name = found.engine.name
        if name not in self._on_engines:
            self._open.enter_context(found)
            self._on_engines[name] = found.context(self.context, self.home.images)
        return self._on_engines[name]

    def clear_engines(self) -> None:
        """Remove what killed workers left on the engines of the chosen cells."""
        used = {
            each.engine.name: each
            for each in map(self.home.engine_of, self.chosen.values())
            if each
        }
        for engine in used.values():
            with engine:
                engine.try_to_clear()

    def trim(self) -> CachedStates | None:
        """Remove cached states of this host beyond the limits, and return how much there is.

        None: unknown, or every chosen cell runs on an engine of engines.toml.
        """
        if self.chosen and all(map(self.home.placement.engine_of, self.chosen.values())):
            return None
        try:
            storage = self.home.storage
            storage.trim()
            return storage.measure()
        except MachineError as error:
            log.warning("the cached states can't be read: %s", error)
            return None


def start_session(config: pytest.Config) -> Session:
    """Return the session of this process, in a project with a plan."""
    home = Home(config.rootpath, named_plans(config), defect=named_path(config, settings.DEFECT))
    home.open()
    given = getattr(config, "workerinput", {}).get("upgradeproof", {})
    return Session(
        home=home,
        hook=config.hook,
        reports=named_path(config, settings.REPORTS) or home.reports,
        run_id=given.get("run_id") or secrets.token_hex(4),
        worker=given.get("worker", "main"),
        declares=given.get("declares", True),
        fresh=config.getoption("upgradeproof_fresh"),
        strict=config.getoption("upgradeproof_strict"),
        globs=tuple(config.getoption("upgradeproof_cell")),
        shard=taken_shard(config, home),
    )
