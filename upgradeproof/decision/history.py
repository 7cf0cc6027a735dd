"""A history of runs in one SQLite file: which checks are flaky, and how often each one failed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from upgradeproof.decision.comparison import Place
from upgradeproof.decision.files import digest
from upgradeproof.decision.measures import values
from upgradeproof.errors import HarnessError
from upgradeproof.results import Cell, Run, Verdict
from upgradeproof.states import StateName

VERSION = 1
SCHEMA = """
CREATE TABLE run (
  id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
  upgradeproof TEXT NOT NULL, verdict TEXT NOT NULL
) STRICT;
CREATE TABLE result (
  run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE, cell TEXT NOT NULL, inputs TEXT NOT NULL,
  "check" TEXT NOT NULL, verdict TEXT NOT NULL, waived INTEGER NOT NULL, duration_s REAL,
  PRIMARY KEY (run, cell, "check")
) STRICT;
CREATE TABLE measure (
  run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE, cell TEXT NOT NULL, name TEXT NOT NULL,
  unit TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY (run, cell, name)
) STRICT;
CREATE INDEX result_of_inputs ON result (cell, inputs, "check");
"""
MAX_VALUES = 10
"""Runs of which a trend prints the value, the newest."""
_MEASURES = """
SELECT cell, name, unit, value FROM measure JOIN run ON run.id = measure.run
ORDER BY cell, name, run.started_at, run.id
"""
_FLAKY = """
SELECT cell, "check", sum(verdict = 'passed'), sum(verdict = 'failed') FROM result
WHERE verdict IN ('passed', 'failed') GROUP BY cell, inputs, "check"
HAVING count(DISTINCT verdict) = 2 ORDER BY 4 DESC, cell, "check"
"""
_RUNS = """
SELECT run.id, run.started_at, run.verdict, count(result.run),
  coalesce(sum(result.verdict = 'failed'), 0), coalesce(sum(result.waived), 0),
  coalesce(sum(result.verdict IN ('broken', 'never_ran')), 0)
FROM run LEFT JOIN result ON result.run = run.id GROUP BY run.id ORDER BY run.started_at, run.id
"""


@dataclass(frozen=True, kw_only=True)
class PastRun:
    """One run of the history, its checks as counts."""

    run: str
    started_at: str
    verdict: str
    checks: int
    failed: int
    waived: int
    unknown: int
    """Checks that broke or never ran."""


@dataclass(frozen=True, kw_only=True)
class Flaky:
    """A check that passed and failed with the same inputs."""

    cell: str
    check: str
    passed: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Trend:
    """One measurement of a cell, run by run."""

    cell: str
    name: str
    unit: str
    values: tuple[float, ...]

    def __str__(self) -> str:
        shown = [f"{value:.4g}" for value in self.values[-MAX_VALUES:]]
        before = "... " if len(self.values) > MAX_VALUES else ""
        return f"{self.cell} {self.name}: {before}{' -> '.join(shown)} {self.unit}"


@dataclass(frozen=True)
class History:
    """The open file."""

    database: sqlite3.Connection

    def add(self, run: Run, content: bytes, waived: Collection[Place]) -> bool:
        """Add a run; return False where it is there already. A run that changed is replaced."""
        sha256 = digest(content)
        known = self.database.execute("SELECT sha256 FROM run WHERE id = ?", (run.run_id,))
        if known.fetchone() == (sha256,):
            return False
        with self.database:
            self.database.execute("DELETE FROM run WHERE id = ?", (run.run_id,))
            self.database.execute(
                "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *(run.run_id, sha256, run.started_at, run.finished_at),
                    *(run.upgradeproof, str(run.verdict)),
                ),
            )
            self.database.executemany(
                "INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?)", _rows(run, waived)
            )
            self.database.executemany(
                "INSERT OR REPLACE INTO measure VALUES (?, ?, ?, ?, ?)", _measured(run)
            )
        return True

    def runs(self) -> Iterator[PastRun]:
        """Yield the runs, the oldest first."""
        names = ("run", "started_at", "verdict", "checks", "failed", "waived", "unknown")
        for row in self.database.execute(_RUNS):
            yield PastRun(**dict(zip(names, row, strict=True)))

    def flaky(self) -> Iterator[Flaky]:
        """Yield the checks that passed and failed with the same inputs, the worst first."""
        for cell, check, passed, failed in self.database.execute(_FLAKY):
            yield Flaky(cell=cell, check=check, passed=passed, failed=failed)

    def trends(self, glob: str) -> Iterator[Trend]:
        """Yield what was measured in each run, the oldest first, where cell and name fit a glob."""
        found: dict[tuple[str, str, str], list[float]] = {}
        for cell, name, unit, value in self.database.execute(_MEASURES):
            if fnmatchcase(f"{cell} {name}", glob):
                found.setdefault((cell, name, unit), []).append(value)
        for (cell, name, unit), series in found.items():
            yield Trend(cell=cell, name=name, unit=unit, values=tuple(series))

    def counts(self, cell: str, inputs: str, check: str) -> tuple[int, int]:
        """Return how often a check passed and failed with the same inputs."""
        found = self.database.execute(
            "SELECT coalesce(sum(verdict = 'passed'), 0), coalesce(sum(verdict = 'failed'), 0) "
            'FROM result WHERE cell = ? AND inputs = ? AND "check" = ?',
            (cell, inputs, check),
        )
        passed, failed = found.fetchone()
        return passed, failed


@contextmanager
def opened(path: Path, *, create: bool = False) -> Iterator[History]:
    """Open a history; ``create`` makes a file that is not there yet. Raises HarnessError."""
    if not create and not path.is_file():
        raise HarnessError(
            f"{path}: there is no history",
            resolution="`upgradeproof history add RUN` begins one",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA foreign_keys = ON")
            _prepare(database, path)
            yield History(database)
    except sqlite3.DatabaseError as error:
        raise HarnessError(
            f"{path} can't be read as a history: {error}",
            resolution="name another file by --history, or remove this one",
        ) from None


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == 0 and not database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        database.executescript(f"{SCHEMA}PRAGMA user_version = {VERSION};")
    elif version != VERSION:
        raise HarnessError(
            f"{path} is no history of this version",
            details=f"its version is {version}, and this upgradeproof reads {VERSION}",
            resolution="name another file by --history",
        )


def inputs_of(cell: Cell, run: Run) -> str:
    """Return a digest of what a cell was made from: plan, engine, and the keys of its states."""
    plan = next((plan.sha256 for plan in run.plans if plan.product == cell.product), "")
    keys = {
        state.name: state.key
        for state in cell.states
        if state.name in (StateName.INSTALLED, StateName.UPGRADED)
    }
    return digest(json.dumps([plan, run.upgradeproof, keys], sort_keys=True).encode())


def _measured(run: Run) -> Iterator[tuple[object, ...]]:
    for cell in run.cells:
        for (name, unit), value in values(cell):
            yield run.run_id, cell.id, name, unit, value.value


def _rows(run: Run, waived: Collection[Place]) -> Iterator[tuple[object, ...]]:
    for cell in run.cells:
        inputs = inputs_of(cell, run)
        for check in cell.checks if cell.selected else ():
            is_waived = check.verdict is Verdict.FAILED and (cell.id, check.id) in waived
            yield (
                *(run.run_id, cell.id, inputs, check.id),
                *(str(check.verdict), int(is_waived), check.duration_s),
            )
