"""The run in the Common Test Report Format (CTRF), version 1.0."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, assert_never

from upgradeproof.render import words
from upgradeproof.render.options import DEFAULT, Options
from upgradeproof.render.transcripts import plain
from upgradeproof.render.writing import write_text
from upgradeproof.results import Cell, Check, Run, Verdict

FORMAT = "ctrf"
FILE_NAME = "ctrf.json"
BY_DEFAULT = False

SPECIFICATION = "1.0.0"
NAMESPACE = uuid.UUID("6d1f2a0e-8f0c-5d6b-9a5e-2f6f0c7f3b11")
"""Of the ids of reports: a run has the same one each time."""


def write(run: Run, folder: Path, *, options: Options = DEFAULT) -> Path:
    """Write ``folder/ctrf.json`` and return its path. Raises HarnessError when it can't."""
    text = json.dumps(report(run, options), ensure_ascii=False, indent=1)
    return write_text(folder / FILE_NAME, text + "\n")


def report(run: Run, options: Options = DEFAULT) -> dict[str, Any]:
    """Return the run as CTRF: a test for each check of each selected cell.

    ``rawStatus`` has our verdict: CTRF has no word for a harness that failed, or for a check that
    never ran. A selected cell without checks is one test, so that it is not lost.
    """
    tests = [test for cell in run.cells if cell.selected for test in _tests(cell)]
    start, stop = _milliseconds(run.started_at), _milliseconds(run.finished_at or run.started_at)
    environment = {"reportName": run.run_id, "healthy": run.green, "extra": {"host": run.host}}
    if options.shard:
        environment["shardId"] = options.shard
    found: dict[str, Any] = {
        "reportFormat": "CTRF",
        "specVersion": SPECIFICATION,
        "reportId": _report_id(run),
        "runId": run.run_id or "unknown",
        "generatedBy": f"upgradeproof {run.upgradeproof}",
        "results": {
            "tool": {"name": "upgradeproof", "version": run.upgradeproof},
            "summary": _summary(tests) | {"start": start, "stop": max(start, stop)},
            "tests": tests,
            "environment": environment,
        },
    }
    if options.baseline:
        found["baseline"] = _baseline(options.baseline)
    return found


def _tests(cell: Cell) -> Iterator[dict[str, Any]]:
    for check in cell.checks:
        yield _test(cell, check)
    if not cell.checks:
        yield _test(cell, Check(id="cell", verdict=cell.verdict, reason=cell.reason))


def _test(cell: Cell, check: Check) -> dict[str, Any]:
    suite, sentence, subject = words.sentence(check)
    found = {
        "testId": f"{cell.id}/{check.id}",
        "name": f"{sentence} [{subject}]" if subject else sentence or check.id,
        "status": status(check.verdict),
        "rawStatus": check.verdict,
        "duration": round(1000 * (check.duration_s or 0)),
        "suite": [part for part in (cell.product, cell.id, suite) if part],
        "labels": {"product": cell.product, "platform": cell.platform, "upgrade": cell.upgrade},
        "extra": {"check": check.id, "states": check.states},
    }
    if cell.tags:
        found["tags"] = list(cell.tags)
    if reason := plain(check.reason).strip():
        found["message"], _, trace = reason.partition("\n")
        if trace:
            found["trace"] = reason
    return found


def status(verdict: Verdict) -> str:
    """Return the word of CTRF that is nearest to a verdict; what proves nothing is never passed."""
    match verdict:
        case Verdict.PASSED:
            return "passed"
        case Verdict.FAILED:
            return "failed"
        case Verdict.NOT_APPLICABLE:
            return "skipped"
        case Verdict.NEVER_RAN:
            return "pending"
        case Verdict.BROKEN:
            return "other"
        case _:
            assert_never(verdict)


def _summary(tests: list[dict[str, Any]]) -> dict[str, Any]:
    found = dict.fromkeys(("passed", "failed", "skipped", "pending", "other"), 0)
    for test in tests:
        found[test["status"]] += 1
    suites = len({tuple(test["suite"]) for test in tests})
    return {"tests": len(tests), **found, "suites": suites}


def _baseline(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = {"reportId": _report_id(run), "extra": {"runId": run.run_id}}
    if _milliseconds(run.started_at):
        found["timestamp"] = run.started_at
    return found


def _report_id(run: Run) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{run.run_id} {run.started_at}"))


def _milliseconds(at: str) -> int:
    """Return a time since 1970; 0 where it can't be read."""
    try:
        return max(0, round(1000 * datetime.fromisoformat(at).timestamp()))
    except ValueError:
        return 0
