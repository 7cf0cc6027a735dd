"""Where things are: a product's own repository, or the checkout of upgradeproof itself."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from upgradeproof import cache
from upgradeproof.distributions import check_releases
from upgradeproof.errors import PlanError
from upgradeproof.extensions import folders_of, open_project
from upgradeproof.imaging import Images
from upgradeproof.machines.backends import backend, backends
from upgradeproof.machines.engines import Placement, load_placement
from upgradeproof.packaging import Packager
from upgradeproof.plan import Cell, Image, Plan, choose, expand, load_images, load_plan
from upgradeproof.plan.defects import load_defect
from upgradeproof.results import Journal, PlanFile
from upgradeproof.runner import RunContext
from upgradeproof.runner.checkpoints import CHECKPOINT_AFTER_S
from upgradeproof.runner.engines import EngineInUse
from upgradeproof.runner.known_changes import check_known_changes
from upgradeproof.runner.storage import Limits, Storage
from upgradeproof.runner.store import StateStore
from upgradeproof.settings import plan_files
from upgradeproof.sharding import Shards, read_shards, shard_word
from upgradeproof.sharding.model import digest_of

PACKAGE = Path(os.path.normpath(__file__)).parent
SUITES = PACKAGE / "suites"
FIXTURES = PACKAGE / "fixtures"
"""Packages, which are links to the folders at the top in a checkout."""
DATA = PACKAGE / "data"
"""The engine's images, a link to the folder at the top in a checkout."""


@dataclass(frozen=True)
class Home:
    """A folder with plans, and all that is found from there."""

    root: Path
    named: tuple[Path, ...] = ()
    """Plans that were named on the command line; they replace those found in the folder."""
    defect: Path | None = None
    """A defect to inject into the plans: see ``plan.defects``."""

    @cached_property
    def plan_files(self) -> tuple[Path, ...]:
        """Return the plans: ``upgrade.toml`` and ``products/*/upgrade.toml``, or those named."""
        if self.named:
            return self.named
        return plan_files(self.root)

    def open(self) -> Home:
        """Make the project's own extensions known to the engine, and return the home.

        They are imported when a kind is asked for. A folder without a plan has none.
        """
        if self.plan_files:
            named = (folder for path in self.named for folder in folders_of(path.parent)[-1:])
            open_project(self.root, *named)
        return self

    @cached_property
    def plans(self) -> tuple[Plan, ...]:
        """Return the plans, read, with the defect if there is one. Raises PlanError."""
        self.open()
        plans = tuple(load_plan(path) for path in self.plan_files)
        for plan in plans:
            check_known_changes(plan)
            check_releases(plan)
        if self.defect is None:
            return plans
        defect = load_defect(self.defect)
        return tuple(defect.injected(plan) for plan in plans)

    @cached_property
    def declared_plans(self) -> tuple[PlanFile, ...]:
        """Return each plan's file, by its name below the root where it is there, and its digest."""
        return tuple(
            PlanFile(
                product=plan.name,
                path=str(path.relative_to(self.root) if path.is_relative_to(self.root) else path),
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path, plan in zip(self.plan_files, self.plans, strict=True)
        )

    @cached_property
    def images(self) -> dict[str, Image]:
        """Return the images: the folder's own replace those of the same name in the wheel."""
        self.open()
        return load_images(self.root)

    def imaging(self, run: str = "") -> Images:
        """Return what makes the images and stores them in a user's cache, for the run ``run``."""
        return Images(self.images, cache.folder() / "images", run=run)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Return every cell of the plans. Raises PlanError, also when there is no plan at all."""
        if not self.plan_files:
            raise PlanError(
                f"there is no plan in {self.root}",
                details="looked for upgrade.toml and products/*/upgrade.toml",
                resolution="`upgradeproof init` writes a first upgrade.toml",
            )
        return expand(self.plans, self.images)

    def choose(self, globs: Sequence[str] = ()) -> tuple[Cell, ...]:
        """Return the cells that fit one of the globs, or all; PlanError if a glob fits none."""
        return choose(self.cells, globs)

    @cached_property
    def placement(self) -> Placement:
        """Return which engine runs which cell, after engines.toml. Raises PlanError."""
        return load_placement(self.root, self.cells)

    @cached_property
    def engines(self) -> dict[str, EngineInUse]:
        """Return the engines of engines.toml by name, not yet connected. Raises PlanError."""
        found = self.placement
        return {
            each.name: EngineInUse.of(each, found.folder, cache.folder()) for each in found.engines
        }

    def engine_of(self, cell: Cell) -> EngineInUse | None:
        """Return the engine of a cell; None: this host itself. Raises PlanError."""
        engine = self.placement.engine_of(cell)
        return self.engines[engine.name] if engine else None

    @property
    def plans_digest(self) -> str:
        """Return by what a shards.json recognises the plans, their cells and images."""
        return digest_of(self.declared_plans, self.images, self.cells)

    def shards(self, word: str, option: str, here: Path) -> tuple[Shards, int]:
        """Return the shards and the number that ``FILE:N`` names; the file is below ``here``.

        Raises PlanError where its plans are not those of this folder: its cells would be others.
        """
        name, number = shard_word(word, option)
        shards = read_shards(here / name)
        shards.check_plans(Path(name), self.plans_digest, self.declared_plans)
        shards.require(name, number)
        return shards, number

    @cached_property
    def packager(self) -> Packager:
        """Return what builds the products' own packages, each once for all of a user's projects."""
        return Packager(cache.folder() / "packages")

    @property
    def storage(self) -> Storage:
        """Return the cached states of the backends that work here. Raises HarnessError."""
        self.open()
        works = [found for found in backends().values() if found.health().works]
        return Storage(cache.folder(), works, Limits.of(cache.folder()))

    @property
    def is_checkout(self) -> bool:
        """Return whether the folder is the checkout that the engine's code runs from."""
        return PACKAGE.parent.resolve() == self.root.resolve()

    @property
    def generic_suites(self) -> Path | None:
        """Return the suites of the package ``upgradeproof.suites``.

        None in the engine's own checkout, where the package is a link to the folder that pytest
        collects there.
        """
        return None if self.is_checkout or not SUITES.is_dir() else SUITES

    @property
    def packaged_suites(self) -> Path | None:
        """Return the suites whose checks every cell must have: the package's, or a checkout's."""
        return self.root / "suites" if self.is_checkout else self.generic_suites

    @property
    def packaged_fixtures(self) -> Path:
        """Return the folder of the fixtures that the packaged suites use."""
        return self.root / "fixtures" if self.is_checkout else FIXTURES

    @property
    def fixture_modules(self) -> tuple[str, ...]:
        """Return the modules of the fixtures of the packaged suites, for pytest to import.

        In the engine's own checkout its conftest.py imports them, elsewhere the plugin does.
        """
        package = "fixtures" if self.is_checkout else f"{__package__}.fixtures"
        paths = (path for path in self.packaged_fixtures.glob("*.py") if path.stem != "__init__")
        return tuple(f"{package}.{path.stem}" for path in sorted(paths))

    @property
    def locustfiles(self) -> tuple[Path, ...]:
        """Return the folders of users that every product's loads may name."""
        folders = dict.fromkeys((self.root / "fixtures", FIXTURES.resolve()))
        return tuple(path for each in folders if (path := each / "locustfiles").is_dir())

    @property
    def templates(self) -> Path | None:
        """Return the folder of the reports' templates that hide ours, if there is one."""
        folder = self.root / "reports" / "templates"
        return folder if folder.is_dir() else None

    @property
    def reports(self) -> Path:
        """Return the folder in which a run leaves its reports."""
        return self.root / "reports" / "out"

    def run_context(
        self, reports: Path, journal: Journal, run_id: str, *, fresh: bool, watched: bool
    ) -> RunContext:
        """Return what the runners of one process work with."""
        self.open()
        return RunContext(
            images=self.imaging(run_id),
            packager=self.packager,
            backend=backend,
            store=StateStore(cache.folder()),
            reports=reports,
            locustfiles=self.locustfiles,
            journal=journal,
            run_id=run_id,
            fresh=fresh,
            watched=watched,
            checkpoint_after_s=math.inf
            if self.defect
            else CHECKPOINT_AFTER_S,  # a gigabyte that no other run would use
        )
