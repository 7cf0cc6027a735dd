"""Projects as a user has them: a folder with a plan and suites, and a separate pytest process."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import docker.errors
from docker.models.containers import Container

from tests.environments import bare_engine
from upgradeproof.machines import engine
from upgradeproof.results import Cell, Check, Run, State
from upgradeproof.results.reading import read_run

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Ended:
    """A process that ended, and its output to stdout and stderr."""

    exit_status: int
    output: str
    duration_s: float


@dataclass
class Project:
    """A folder with a plan; its states are not in the user's cache."""

    folder: Path
    states: Path
    token: str
    environment: dict[str, str] = field(default_factory=dict)
    programs: Path = field(default=Path(sys.executable).parent)

    def know_debian_12(self) -> Project:
        """Copy the image of Debian 12 into the project: the package does not contain images."""
        (self.folder / "images").mkdir(parents=True)
        shutil.copy(ROOT / "images" / "debian-12.toml", self.folder / "images")
        return self

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    @contextmanager
    def started(self, program: str, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Start one of this environment's programs; kill it if it still runs at the end."""
        process = subprocess.Popen(
            [self.programs / program, *words],
            cwd=self.folder,
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def run(self, program: str, *words: str, timeout_s: float = TIMEOUT_S) -> Ended:
        """Run one of this environment's programs until it ends."""
        began = time.monotonic()
        with self.started(program, *words) as process:
            output, _ = process.communicate(timeout=timeout_s)
            return Ended(process.returncode, output, time.monotonic() - began)

    def pytest(self, *words: str) -> Ended:
        return self.run("pytest", *words)

    def upgradeproof(self, *words: str) -> Ended:
        return self.run("upgradeproof", *words)

    @property
    def reports(self) -> Path:
        return self.folder / "reports" / "out"

    def result(self) -> Run:
        """Return the content of the last run's run.json."""
        return read_run(self.reports / "run.json")

    def journal(self) -> str:
        """Return the events that the current run has written to its journals so far."""
        journals = (self.reports / "journal").glob("*.jsonl")
        return "".join(path.read_text(encoding="utf-8") for path in journals)

    def containers(self) -> list[Container]:
        """Return the containers that the last run has on the engine, in any state."""
        return [
            container
            for run_id in set(re.findall(r'"run_id":"(\w+)"', self.journal()))
            for container in engine.LOCAL.client().containers.list(
                all=True, filters={"label": f"upgradeproof.run={run_id}"}, ignore_removed=True
            )
        ]

    def _environ(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        own = {"UPGRADEPROOF_CACHE": str(self.states), "PYTHONPATH": bare_engine()}
        return {**inherited, **own, **self.environment}


def cell_of(run: Run, upgrade: str) -> Cell:
    """Return the cell whose upgrade's id has this ending."""
    return next(cell for cell in run.cells if cell.upgrade.endswith(upgrade))


def check_of(cell: Cell, test: str) -> Check:
    """Return the check of a test function."""
    return next(check for check in cell.checks if check.id.endswith(f"::{test}"))


def state_of(cell: Cell, name: str) -> State:
    """Return a state that the cell reached, or tried to reach."""
    return next(state for state in cell.states if state.name == name)


def states_of(run: Run) -> tuple[State, State]:
    """Return both states of a run's only cell."""
    (cell,) = run.cells
    return state_of(cell, "installed"), state_of(cell, "upgraded")


def wait_until(what: str, ready: Callable[[], object], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not ready():
        assert time.monotonic() < deadline, f"not after {timeout_s:g} s: {what}"
        time.sleep(0.05)


def forget_states(token: str) -> None:
    """Remove the states of cells that are named by a token."""
    api = engine.LOCAL.client().api
    for image in api.images(filters={"label": "upgradeproof.cell"}):
        if token in image["Labels"]["upgradeproof.cell"]:
            # An error: another state is based on this one, and is removed next.
            with suppress(docker.errors.APIError):
                api.remove_image(image["Id"], force=True)
