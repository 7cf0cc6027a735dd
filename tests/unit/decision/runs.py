"""Runs, policies and waivers for the tests of decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.unit.results.events import CELL, OTHER
from upgradeproof.decision.comparison import Baseline
from upgradeproof.decision.deciding import Question, decide
from upgradeproof.decision.model import Decision, Inputs
from upgradeproof.decision.policy import CellRule, Policy
from upgradeproof.decision.waivers import Waiver, Waivers
from upgradeproof.results import Cell, Check, Fidelity, PlanFile, Run, Verdict

AT = datetime(2026, 1, 2, tzinfo=UTC)
SHARED = Fidelity(kernel="shared", execution="native")
EMULATED = Fidelity(kernel="own", execution="tcg", boot="own")
PORT_LOST = "tcp:9100 is not open any more\nand more"

POLICY = """\
owners = ["ada", "grace"]
max_waivers = 1
[[cells]]
select = ["debian-*.thing-1-to-2"]
"""
WAIVERS = """\
[[waiver]]
id = "W-1"
cells = ["debian-12-amd64.*"]
checks = ["ports::*"]
finding = "tcp:9100"
owner = "ada"
reason = "the exporter moves in the next release"
ticket = "T-1"
granted = 2026-01-01
expires = 2026-01-31
"""


def check(name: str, verdict: Verdict = Verdict.PASSED, reason: str = "") -> Check:
    ran = verdict is not Verdict.NEVER_RAN
    return Check(id=name, verdict=verdict, reason=reason, duration_s=0.1 if ran else None)


def failed(name: str = "ports::open", reason: str = PORT_LOST) -> Check:
    return check(name, Verdict.FAILED, reason)


def cell(*checks: Check, name: str = CELL, **more: Any) -> Cell:
    platform, _, upgrade = name.rpartition(".")
    given = {"fidelity": SHARED, "product": "thing", "checks": checks} | more
    return Cell(id=name, platform=platform, upgrade=upgrade, **given)


def run(*cells: Cell, **more: Any) -> Run:
    given = {
        "run_id": "new",
        "started_at": "2026-01-01T00:00:00.000+00:00",
        "finished_at": "2026-01-01T01:00:00.000+00:00",
        "upgradeproof": "0.1.0",
        "fresh": True,
        "plans": (PlanFile(product="thing", path="upgrade.toml", sha256="a" * 64),),
        "cells": cells or (cell(check("packages::new"), check("ports::open")),),
    } | more
    return Run(**given)


def policy(**more: Any) -> Policy:
    given = {"owners": ("ada",), "max_waivers": 1, "cells": (CellRule(select=(CELL,)),)} | more
    return Policy(**given)


def waiver(**more: Any) -> Waiver:
    given = {
        "id": "W-1",
        "cells": (CELL,),
        "checks": ("ports::*",),
        "finding": "tcp:9100",
        "owner": "ada",
        "reason": "the exporter moves in the next release",
        "ticket": "T-1",
        "granted": "2026-01-01",
        "expires": "2026-01-31",
    } | more
    return Waiver(**given)


def decided(
    made: Run | None = None,
    judged_by: Policy | None = None,
    *waivers: Waiver,
    at: datetime = AT,
    baselines: tuple[Baseline, ...] = (),
) -> Decision:
    question = Question(
        run=made or run(),
        policy=judged_by or policy(),
        at=at,
        inputs=Inputs(run="r", policy="p"),
        waivers=Waivers(waiver=waivers),
        baselines=baselines,
    )
    return decide(question).decision


def reasons(decision: Decision) -> list[str]:
    """Return each reason as ``effect rule: text``."""
    return [f"{each.effect} {each.rule}: {each}" for each in decision.reasons]


def write_folder(folder: Path, made: Run | None = None, waivers: str = "") -> Path:
    """Write a folder with run.json, policy.toml and, if there are waivers, waivers.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text((made or run()).model_dump_json(indent=1))
    (folder.parent / "policy.toml").write_text(POLICY)
    if waivers:
        (folder.parent / "waivers.toml").write_text(waivers)
    return folder


__all__ = ["CELL", "OTHER"]
