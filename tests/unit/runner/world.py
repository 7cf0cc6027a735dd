"""A small product on machines that are folders, and everything that a runner needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.unit.runner.fakes import FolderBackend, OneImage
from upgradeproof.packaging import Packager
from upgradeproof.plan import Cell, Plan, Platform
from upgradeproof.prober import LINGER_S
from upgradeproof.probes import Probe
from upgradeproof.results import Cell as CellResult
from upgradeproof.results import Journal, State, fold, read_journals
from upgradeproof.results.journal import CellDeclared, RunStarted
from upgradeproof.runner import RunContext, Runner
from upgradeproof.runner.sections import section_key
from upgradeproof.runner.store import StateStore

INSTALL = "mkdir -p packages && echo 1.0 >packages/thing"
UPGRADE = "echo 2.0 >packages/thing"
PLATFORM = Platform(image="example-1", architecture="amd64", machine="container")


def cell(
    folder: Path = Path(),
    *,
    install: list[Mapping[str, Any]] | str = INSTALL,
    upgrade: list[Mapping[str, Any]] | str = UPGRADE,
    rollback: str = "",
    allowed_changes: Sequence[Mapping[str, Any]] = (),
    old: str = "1",
    platform: Platform = PLATFORM,
    **others: Any,
) -> Cell:
    """Return a cell of the product ``thing``; steps may be given as one script."""

    def steps(given: list[Mapping[str, Any]] | str) -> list[Mapping[str, Any]]:
        return [{"step": "run", "script": given}] if isinstance(given, str) else given

    plan = Plan.model_validate(
        {
            "name": "thing",
            "release": [
                {"name": old, "packages": {"thing": "1.*"}},
                {"name": "2", "packages": {"thing": "2.*"}},
            ],
            "install": steps(install),
            "upgrade": [
                {
                    "from": old,
                    "to": "2",
                    "platforms": ["*"],
                    "steps": steps(upgrade),
                    "rollback": steps(rollback) if rollback else [],
                    "allowed_changes": allowed_changes,
                }
            ],
            **others,
        }
    ).model_copy(update={"folder": folder})
    return Cell(plan, plan.upgrade[0], platform)


@dataclass
class World(AbstractContextManager["World"]):
    """A folder with backend, store and reports; one journal for each run in it."""

    folder: Path
    images: OneImage = field(default_factory=OneImage)
    runs: int = 0
    linger_s: float = LINGER_S
    """How long a prober continues after the last step."""
    section_key: Callable[[type[Probe[Any]]], str] = section_key
    """Under which key a section of the facts is valid."""
    backend: FolderBackend = field(init=False)
    journals: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.backend = FolderBackend(self.folder / "backend")

    def __exit__(self, *_: object) -> None:
        self.journals.close()

    def context(
        self, *, fresh: bool = False, watched: bool = True, checkpoint_after_s: float = 30.0
    ) -> RunContext:
        """Return the context of another run."""
        self.runs += 1
        journal = Journal(self.folder / "journal" / f"run-{self.runs}.jsonl")
        return RunContext(
            images=self.images,
            packager=Packager(self.folder / "packages"),
            backend=lambda _: self.backend,
            store=StateStore(self.folder / "cache", self.section_key),
            reports=self.folder / "reports",
            journal=self.journals.enter_context(journal),
            run_id=f"run{self.runs}",
            fresh=fresh,
            watched=watched,
            linger_s=self.linger_s,
            checkpoint_after_s=checkpoint_after_s,
        )

    def runner(self, on: Cell | None = None, **run: Any) -> Runner:
        """Return a runner of another run, with a context that has these options."""
        return Runner(on or cell(), self.context(**run))

    @property
    def log(self) -> list[str]:
        """Return the actions of the backend so far."""
        return self.backend.log

    def state(self, name: str, run: int | None = None) -> State:
        """Return the record of a state in the journal of a run, by default the last run."""
        return next(state for state in self.result(run).states if state.name == name)

    def result(self, run: int | None = None) -> CellResult:
        """Return the result of the cell from the journal of a run, by default the last run."""
        declared = CellDeclared(cell=cell().id, platform="", upgrade="", product="", selected=True)
        started = RunStarted(run_id="", upgradeproof="", fresh=False, host={})
        journal = self.folder / "journal" / f"run-{run or self.runs}.jsonl"
        return fold([started, declared, *read_journals([journal])]).cells[0]
