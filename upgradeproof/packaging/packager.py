"""Packages and repositories of a run: found in the cache, or made once."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from upgradeproof.errors import PlanError, ProgramError, UpgradeproofError
from upgradeproof.files import write_atomically
from upgradeproof.machines import Health
from upgradeproof.packaging import package, signing
from upgradeproof.packaging.build import EPOCH_S, build, require
from upgradeproof.packaging.package import Package, read_package
from upgradeproof.packaging.repository import Repository
from upgradeproof.packaging.signing import Signer
from upgradeproof.packaging.sources import Sources
from upgradeproof.plan import Cell, Plan
from upgradeproof.plan.packages import Edit, OwnPackages
from upgradeproof.plan.steps import Action, Publish

TOOLS = {**package.TOOLS, **signing.TOOLS}
"""What every product's packages need on this host, each with the package that has it."""

log = logging.getLogger(__name__)


class Packager:
    """Build the releases of products, each once for every worker and every run."""

    def __init__(self, folder: Path) -> None:
        """Use a folder of the cache; it is made when something is built."""
        self._folder = folder
        self._signer = Signer(folder / "key")
        self._failed: dict[str, UpgradeproofError] = {}

    def actions(self, cell: Cell, state: str) -> tuple[Action, ...]:
        """Return what leads to a state, with every publication as a file that is there.

        Raises BuildError when a release does not build, ProgramError when this host can't do it.
        """
        found: list[Action] = []
        for action in cell.actions(state):
            if isinstance(action, Publish):
                found += self._published(cell, action)
            else:
                found.append(action)
        return tuple(found)

    def packages(self, plan: Plan, release: str, edits: tuple[Edit, ...] = ()) -> list[Package]:
        """Return the packages of a release, built now where no run has built them before.

        They are known by their sources and by how they are built. Raises as ``actions``.
        """
        recipe = plan.packages
        if recipe is None:
            raise PlanError(f"the product {plan.name} has no [packages] to build")
        sources = Sources.read(plan.folder / recipe.sources).edited(edits)
        made_of = [sources.digest(), recipe.build, release, EPOCH_S]
        key = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:24]
        out = self._folder / "built" / f"{plan.name}-{release}-{key}"
        with self._once(key):
            if not out.exists():
                self._build(recipe, release, sources, out)
        return [read_package(path) for path in sorted(out.glob("*.deb"))]

    def health(self, recipe: OwnPackages) -> Health:
        """Return whether a product's packages can be built and published here; never raises."""
        try:
            require({**recipe.programs, **TOOLS}, "build and publish packages")
        except ProgramError as error:
            return Health(works=False, brief=error.brief, resolution=error.resolution)
        return Health(works=True, brief="built when needed")

    def _build(self, recipe: OwnPackages, release: str, sources: Sources, out: Path) -> None:
        """Build in a folder that is removed afterwards; the result is put into place atomically."""
        started = time.monotonic()
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{out.name}.", dir=out.parent) as scratch:
            copy, made = Path(scratch, "sources"), Path(scratch, "out")
            sources.write(copy)
            build(recipe, release, copy, made)
            for path in made.glob("*.deb"):
                read_package(path)
            made.rename(out)
        log.info("built %s in %.1f s", out.name, time.monotonic() - started)

    def _published(self, cell: Cell, action: Publish) -> tuple[Action, ...]:
        """Return how a repository gets to a machine; a defect is in the new release alone."""
        repository = Repository.of(
            cell.plan.name,
            [
                built
                for release in action.releases
                for built in self.packages(
                    cell.plan, release, cell.plan.edits if release == cell.new.name else ()
                )
            ],
        )
        bundle = self._folder / "repositories" / f"{repository.digest}.tar"
        with self._once(repository.digest):
            if not bundle.exists():
                write_atomically(bundle, repository.bundle(self._signer))
        return repository.delivery(action, bundle)

    @contextmanager
    def _once(self, key: str) -> Iterator[None]:
        """Hold the cache's lock; what failed in this process is not tried again."""
        if key in self._failed:
            raise self._failed[key]
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._folder / "lock"):
                yield
        except UpgradeproofError as error:
            self._failed[key] = error
            raise

    def clear(self) -> None:
        """Remove what was built; the key stays."""
        for name in ("built", "repositories"):
            shutil.rmtree(self._folder / name, ignore_errors=True)
