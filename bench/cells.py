"""Whole cells: compared with a bare script, on cached states, and on two workers."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.result import Result
from upgradeproof.home import Home
from upgradeproof.machines.docker import CAPABILITIES, INIT
from upgradeproof.machines.systemd import SETTLED
from upgradeproof.plan import Cell
from upgradeproof.plan.steps import Planned, Script, Upload, UploadTree
from upgradeproof.results import Run
from upgradeproof.results.reading import read_run
from upgradeproof.settings import pytest_words
from upgradeproof.tree_archive import unpacking

CELL = "debian-12-amd64.container.edge-stack-12-to-13"
OTHER_CELL = "debian-11-amd64.container.edge-stack-11-to-12"
PAIRS = 2
OVERHEAD = 1.15
CACHED_S = 3.0
TWO_WORKERS = 0.65


def measure(home: Home) -> list[Result]:
    """Measure the three, the fresh cell first: its states are what the cached check finds."""
    cell = next(cell for cell in home.cells if cell.id == CELL)
    return [_overhead(home, cell), _cached(), _workers()]


def _overhead(home: Home, cell: Cell) -> Result:
    """Take turns in the order A B B A, so that drift in one direction meets both alike."""
    image = home.imaging().ensure(cell.platform)
    samples: dict[str, list[float]] = {"verified": [], "bare": []}
    for turn in range(PAIRS):
        order = ("verified", "bare") if turn % 2 == 0 else ("bare", "verified")
        for what in order:
            seconds = (
                pytest("--upgradeproof-fresh", f"--upgradeproof-cell={CELL}")
                if what == "verified"
                else bare(cell, image)
            )
            samples[what].append(seconds)
    return Result.overhead(
        "fresh verified cell",
        ("verified", samples["verified"]),
        ("bare script, same image", samples["bare"]),
        maximum=OVERHEAD,
    )


def _cached() -> Result:
    check = ("-k", "test_service_is_active and nginx")
    samples = [pytest(f"--upgradeproof-cell={CELL}", *check) for _ in range(5)]
    return Result.seconds("one check on cached states", samples, below=CACHED_S)


def _workers() -> Result:
    both = (f"--upgradeproof-cell={CELL}", f"--upgradeproof-cell={OTHER_CELL}")
    one = pytest("--upgradeproof-fresh", *both, "-n", "1")
    two = pytest("--upgradeproof-fresh", *both, "-n", "2")
    return Result.overhead(
        "two cells", ("two workers", [two]), ("one worker", [one]), maximum=TWO_WORKERS
    )


def pytest(*arguments: str) -> float:
    """Run pytest as a user does and return the seconds of the whole process.

    Raises RuntimeError when it was not green, as ``green`` does.
    """
    return green(*arguments)[0]


def green(*arguments: str) -> tuple[float, Run]:
    """Run pytest as a user does and return the seconds of the whole process, and its run.json.

    Raises RuntimeError when it was not green: the time of a failure is no measurement. Its reports
    stay then, and the error names their folder.
    """
    reports = tempfile.mkdtemp(prefix="upgradeproof-bench-")
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *pytest_words(reports=Path(reports)), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(
            f"pytest {shlex.join(arguments)} failed; its reports: {reports}\n{done.stdout[-3000:]}"
        )
    run = read_run(Path(reports) / "run.json")
    shutil.rmtree(reports)
    return seconds, run


def bare(cell: Cell, image: str) -> float:
    """Do the same installation and upgrade with the docker command and nothing else; seconds."""
    name = "upgradeproof-bench-bare"
    subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)
    started = time.perf_counter()
    start = ["docker", "run", "-d", "--name", name, "--cgroupns=private"]
    start += [f"--cap-add={capability}" for capability in CAPABILITIES]
    start += ["--tmpfs", "/run", "--tmpfs", "/run/lock", "-e", "container=docker"]
    checked([*start, image, "sh", "-c", INIT])
    try:
        _in(name, SETTLED)
        for state in ("installed", "upgraded"):
            for action in cell.actions(state):
                _carry_out(name, action)
        return time.perf_counter() - started
    finally:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)


def _carry_out(name: str, action: Planned) -> None:
    match action:
        case Script():
            _in(name, action.script)
        case Upload():
            target = shlex.quote(action.path)
            script = f'mkdir -p "$(dirname {target})"; cat >{target}; chmod {action.mode:o}'
            _in(name, f"{script} {target}", action.source.read_bytes())
        case UploadTree():
            unpack, archive = unpacking(action)
            _in(name, unpack.script, archive)
        case _:
            raise RuntimeError(f"no bare script for {type(action).__name__}")


def _in(name: str, script: str, stdin: bytes = b"") -> None:
    checked(["docker", "exec", "-i", name, "sh", "-c", script], stdin)


def checked(argv: list[str], stdin: bytes = b"") -> None:
    """Run a command. Raises RuntimeError with its output when it fails."""
    done = subprocess.run(argv, input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(argv)[:200]}: {done.stderr.decode()[-2000:]}")


def home_of_the_checkout() -> Home:
    """Return the checkout that the bench is part of."""
    return Home(Path(__file__).parents[1])
