"""Send a load: Locust as a process of its own, since importing it patches the standard library."""

from __future__ import annotations

import ast
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import upgradeproof
from upgradeproof.command import Completed, run
from upgradeproof.errors import (
    CommandTimeoutError,
    ExtraError,
    LoadError,
    MachineError,
    PlanError,
)
from upgradeproof.extras import OF_MODULES, Extra, not_installed
from upgradeproof.load import command_line
from upgradeproof.load.result import LoadResult
from upgradeproof.load.settings import VARIABLE, Settings
from upgradeproof.plan import Endpoint, Load
from upgradeproof.plan.loading import nearest
from upgradeproof.ports import free_port

START_S = 30.0
"""What Locust gets to start and to end, on a host that is busy."""
_NO_MODULE = re.compile(rb"No module named '?(\w+)")
ATTEMPTS = 3
"""How often a load is sent where other processes on this host disturbed the generator."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """Where a load goes: always to a port that is published on 127.0.0.1."""

    endpoint: Endpoint
    port: int
    """The published one, on this host."""
    certificate: str = ""
    """Of the endpoint's ``ca``, in PEM."""

    @property
    def url(self) -> str:
        """Return what the users' requests begin with; its name leads to 127.0.0.1 in any case."""
        return f"{self.endpoint.kind}://{self.endpoint.host}:{self.port}"


def unstrained(run: Callable[[], LoadResult]) -> LoadResult:
    """Return a result whose generator was not the limit, or the last of some attempts."""
    found = run()
    for _ in range(ATTEMPTS - 1):
        if not found.strained_reason:
            break
        found = run()
    return found


def send(
    load: Load,
    aim: Aim,
    locustfile: Path,
    *,
    python: Sequence[str] = command_line.PYTHON,
    start_s: float = START_S,
) -> LoadResult:
    """Send a load once and return the result; Locust gets ``start_s`` to start and to end.

    Raises ExtraError when Locust, or what the locustfile imports, is not installed, and LoadError
    when Locust fails, does not end in its time, or leaves no whole result. What the product does
    wrong is in the result.
    """
    with tempfile.TemporaryDirectory(prefix="upgradeproof-load-") as folder:
        settings = _settings(load, aim, Path(folder) / "result.json")
        master_port = free_port()
        limit_s = settings.total_s + command_line.SPARE_S + start_s
        limit_s += command_line.CONNECT_S if settings.generators > 1 else 0
        leader = command_line.locust(
            load, settings, locustfile, url=aim.url, master_port=master_port, python=python
        )
        workers = [
            command_line.worker(host, settings, port=aim.port, master_port=master_port)
            for host in load.workers
        ]
        with ThreadPoolExecutor(max_workers=len(workers) + 1) as pool:
            leading, *working = [
                pool.submit(_carry_out, argv, settings, Path(folder), limit_s)
                for argv in (leader, *workers)
            ]
            done = leading.result()
            tails = [
                f"{host}: {w.result().tail}" for host, w in zip(load.workers, working, strict=True)
            ]
        if not done.ok:
            raise _explained(done, tails)
        return LoadResult.read(Path(settings.result))


def find_locustfile(load: Load, folders: Sequence[Path]) -> Path:
    """Return a load's file of users from the first folder that has it. Raises PlanError."""
    found = next((f / load.locustfile for f in folders if (f / load.locustfile).is_file()), None)
    if found is None:
        there = {p.relative_to(f).as_posix() for f in folders for p in f.rglob("*.py")}
        raise PlanError(
            f"the load {load.id!r} names the locustfile {load.locustfile!r}, and there is none; "
            f"{nearest(load.locustfile, there)}",
            details="\n".join(f"looked in {folder}" for folder in folders),
        )
    return found.resolve()


def extras_of(locustfile: Path) -> frozenset[Extra]:
    """Return the extras that a load needs: Locust's, and those whose packages its file imports.

    The file is not imported. What is wrong with it is for Locust to report.
    """
    try:
        tree = ast.parse(locustfile.read_bytes(), filename=str(locustfile))
    except (OSError, ValueError, SyntaxError):
        return frozenset({Extra.LOAD})
    names: set[str] = set()
    for node in tree.body:
        match node:
            case ast.Import():
                names |= {each.name for each in node.names}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module)
            case _:
                continue
    modules = {name.partition(".")[0] for name in names}
    return frozenset({Extra.LOAD, *(OF_MODULES[name] for name in modules & OF_MODULES.keys())})


def _settings(load: Load, aim: Aim, result: Path) -> Settings:
    return Settings(
        rate_per_s=load.rate_per_s,
        warm_up_s=load.warm_up_s,
        duration_s=load.duration_s,
        answer_timeout_s=load.answer_timeout_s,
        generators=len(load.workers) or min(load.processes, os.cpu_count() or 1),
        ca=aim.certificate,
        result=str(result),
    )


def _carry_out(argv: Sequence[str], settings: Settings, folder: Path, limit_s: float) -> Completed:
    """Run one command of a load to its end, in a folder without settings of Locust's own."""
    ours = str(Path(upgradeproof.__file__).parents[1])
    paths = os.pathsep.join(filter(None, (ours, os.environ.get("PYTHONPATH"))))
    environment = {VARIABLE: settings.model_dump_json(), "PYTHONPATH": paths}
    try:
        return run(argv, timeout_s=limit_s, env=environment, cwd=folder, check=False)
    except CommandTimeoutError as error:
        raise LoadError(f"a load did not end in {limit_s:g} s", details=error.details) from None
    except MachineError as error:
        raise LoadError(error.brief, details=error.details) from None


def _explained(done: Completed, tails: Sequence[str]) -> ExtraError | LoadError:
    """Return the error for a Locust that failed; its workers may have printed the cause."""
    absent = {name.decode() for name in _NO_MODULE.findall(done.stderr)} & OF_MODULES.keys()
    if absent:
        return not_installed(*sorted(OF_MODULES[name] for name in absent))
    details = "\n".join((done.tail, *tails))
    return LoadError(f"Locust failed with exit status {done.exit_status}", details=details)
