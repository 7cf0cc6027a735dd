"""A project with a plan, whose machines are folders; pytest runs in it as a separate process."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import sys
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.environments import bare_engine
from tests.forked import ForkServer, Started
from upgradeproof.command import Completed, run
from upgradeproof.results import Cell, Check, Run
from upgradeproof.results.reading import read_run

ROOT = Path(__file__).parents[3]
AMD64 = "example-1-amd64.container.thing-1-to-2"
ARM64 = "example-1-arm64.container.thing-1-to-2"

IMAGE = """
title = "Example 1"
family = "example"
codename = "first"
architectures = ["amd64", "arm64"]
[bootstrap]
suites = ["first"]
keyring = "/usr/share/keyrings/example.gpg"
"""
PLAN = """
name = "thing"
[[release]]
name = "1"
packages.thing = "1.*"
[[release]]
name = "2"
packages.thing = "2.*"
[[install]]
step = "run"
title = "install"
script = "mkdir -p packages && echo 1.0 >packages/thing"
[[upgrade]]
from = "1"
to = "2"
platforms = ["example-*"]
tags.smoke = ["*-amd64.*"]
tags.not-yet = ["*-arm64.*"]
[[upgrade.steps]]
step = "run"
title = "upgrade"
script = "echo 2.0 >packages/thing"
[expect]
services = ["thingd", "thing-helper"]
[[expect.data]]
id = "note"
write = "echo hi >note"
read = "cat note"
equals = "hi"
"""
WITH_ROLLBACK = """
[[release]]
name = "3"
packages.thing = "3.*"
[[upgrade]]
from = "1"
to = "3"
platforms = ["example-*-amd64.*"]
[[upgrade.steps]]
step = "run"
script = "echo 3.0 >packages/thing"
[[upgrade.rollback]]
step = "run"
script = "echo 1.0 >packages/thing"
"""
"""What a plan gets after its own text, for a second upgrade, which leads back."""
CONFTEST = """
from dataclasses import replace

import pytest

from tests.unit.runner.fakes import FolderBackend, OneImage
from upgradeproof.runner import Runner
from upgradeproof.plugin.run import RUN


@pytest.fixture(scope="session")
def upgradeproof_runner(cell, pytestconfig):
    part = pytestconfig.stash[RUN]
    backend = FolderBackend(part.home.root / "backend")
    context = replace(part.context, images=OneImage(), backend=lambda _: backend)
    with Runner(cell, context) as way:
        yield way
"""
INI = """
[pytest]
addopts = --strict-markers -p no:cacheprovider
upgradeproof_junit = true
upgradeproof_html = true
filterwarnings = error
"""


IMPORTS_ALL = """
import importlib
import pkgutil

import upgradeproof.cli

for module in pkgutil.iter_modules(upgradeproof.cli.__path__):
    importlib.import_module(f"upgradeproof.cli.{module.name}")


def test_a(upgraded): pass
"""


@dataclass(frozen=True)
class Project:
    """A folder in which pytest is run."""

    folder: Path
    path: str = field(default_factory=bare_engine)
    """Where Python looks for packages: first for the engine."""
    timeout_s: float = 60
    python: str = sys.executable
    cold: bool = False
    """Whether each run starts a Python that has imported nothing; see ``tests/fork_server.py``."""

    def write(self, **files: str) -> Project:
        """Write files: ``test_it="..."`` becomes test_it.py."""
        for name, text in files.items():
            (self.folder / f"{name}.py").write_text(text, encoding="utf-8")
        return self

    @property
    def environment(self) -> dict[str, str]:
        """Return variables that restrict a run to its folder, without access to Docker or QEMU."""
        return {
            "PYTHONPATH": self.path,
            "UPGRADEPROOF_CACHE": str(self.folder / "cache"),
            "DOCKER_HOST": f"unix://{self.folder}/no-engine.sock",
            "PYTEST_ADDOPTS": "",
            "COLUMNS": "200",
        }

    def pytest(self, *arguments: str) -> Completed:
        """Run pytest to its end, in a folder without the outer run's environment."""
        if not self.cold:
            return self._forked("pytest:main", ["pytest", *arguments])
        argv = [self.python, "-m", "pytest", *arguments]
        return run(self._here(argv), timeout_s=self.timeout_s, env=self.environment, check=False)

    def upgradeproof(self, *arguments: str) -> Completed:
        """Run ``upgradeproof``."""
        return self._forked("upgradeproof.cli:main", ["upgradeproof", *arguments])

    def _forked(self, call: str, argv: list[str]) -> Completed:
        return self.server.run(
            call,
            argv,
            folder=self.folder,
            environment={**os.environ, **self.environment},
            timeout_s=self.timeout_s,
        )

    @property
    def server(self) -> ForkServer:
        """Return what forks the runs."""
        return _server(self.python, self.path)

    def started_pytest(self, *arguments: str) -> AbstractContextManager[Started]:
        """Start pytest in its own process group, so that a test can kill it."""
        environment = {**os.environ, **self.environment}
        return self.server.started(
            "pytest:main", ["pytest", *arguments], folder=self.folder, environment=environment
        )

    def _here(self, argv: list[str]) -> list[str]:
        return ["env", "-C", str(self.folder), *argv]

    @property
    def reports(self) -> Path:
        return self.folder / "reports" / "out"

    @property
    def result(self) -> Run:
        """Return what the last run reported."""
        return read_run(self.reports / "run.json")

    def cell(self, name: str = AMD64) -> Cell:
        """Return a cell of the last run."""
        return next(cell for cell in self.result.cells if cell.id == name)

    def check(self, name: str, cell: str = AMD64) -> Check:
        """Return a check of the last run."""
        return next(check for check in self.cell(cell).checks if check.id == name)


def make_project(folder: Path, plan: str = PLAN) -> Project:
    """Return a project with one plan and one image, and no test yet."""
    (folder / "images").mkdir()
    (folder / "images" / "example-1.toml").write_text(IMAGE, encoding="utf-8")
    (folder / "upgrade.toml").write_text(plan, encoding="utf-8")
    (folder / "pytest.ini").write_text(INI, encoding="utf-8")
    return Project(folder).write(conftest=CONFTEST)


@functools.cache
def _server(python: str, path: str) -> ForkServer:
    """Return what forks the runs of all projects with this Python and path."""
    folder = Path(tempfile.mkdtemp(prefix="upgradeproof-"))
    atexit.register(shutil.rmtree, folder)
    project = replace(make_project(folder), path=path).write(test_it=IMPORTS_ALL)
    return ForkServer(python, folder, "test_it.py", project.environment)
