"""Small runs with changes, and the folder of their reports."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.unit.plan.texts import write
from upgradeproof.results import Cell, Change, PlanFile, Run, State, Verdict

ONE = "debian-12-amd64.container.thing-1-to-2"
TWO = "debian-12-amd64.container.thing-2-to-3"
BOTH = "debian-12-amd64.container.thing-1-to-2-to-3"
ARM = "debian-12-arm64.container.thing-1-to-2"


def change(
    path: str,
    before: str | None = "1",
    after: str | None = "2",
    *,
    reason: str = "",
    package: str = "",
    detail: str = "",
) -> Change:
    return Change(
        path=path,
        before=before,
        after=after,
        expected=bool(reason),
        reason=reason,
        source="plan" if reason else "none",
        package=package,
        detail=detail,
    )


def came(path: str, value: str = "there", **others: str) -> Change:
    return change(path, None, value, **others)


def state(*changes: Change, name: str = "upgraded", facts: str = "") -> State:
    return State(name=name, verdict=Verdict.PASSED, changes=changes, facts=facts)


def cell(name: str, *states: State, product: str = "thing") -> Cell:
    platform, _, upgrade = name.rpartition(".")
    return Cell(id=name, platform=platform, upgrade=upgrade, product=product, states=states)


def run(*cells: Cell, plans: Sequence[PlanFile] = ()) -> Run:
    return Run(
        run_id="run1",
        started_at="2026-01-01T00:00:00.000+00:00",
        finished_at="2026-01-01T00:01:00.000+00:00",
        upgradeproof="0.1.0",
        plans=tuple(plans),
        cells=cells,
    )


def plan_file(root: Path, path: str = "upgrade.toml", product: str = "thing") -> PlanFile:
    digest = hashlib.sha256((root / path).read_bytes()).hexdigest()
    return PlanFile(product=product, path=path, sha256=digest)


def reports(root: Path, *cells: Cell, facts: Mapping[str, Mapping[str, Any]] | None = None) -> Path:
    """Write the plan of ``thing`` and a run of it, and return the folder of the run."""
    write(root)
    folder = root / "reports" / "out"
    folder.mkdir(parents=True)
    (folder / "facts.json").write_text(json.dumps(facts or {}))
    found = run(*cells, plans=[plan_file(root)])
    (folder / "run.json").write_text(found.model_dump_json())
    return folder
