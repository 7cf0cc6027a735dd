"""A run of twenty cells that passed, one check of them waived; and the page of a decision."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.unit.decision.runs import policy, waiver
from tests.unit.render.example import example_run
from upgradeproof.decision.comparison import Baseline
from upgradeproof.decision.deciding import Answer, Question, decide
from upgradeproof.decision.model import Inputs
from upgradeproof.decision.page import page
from upgradeproof.decision.policy import CellRule, Policy
from upgradeproof.decision.waivers import Waiver, Waivers
from upgradeproof.results import Cell, Run, Verdict

AT = datetime.fromisoformat("2026-03-12T12:00:00+00:00")
TWENTY = 20
SIGNERS = ("Ada Lovelace, release manager", "Grace Hopper, quality")
WAIVER = waiver(cells=("*",), checks=("test_ports::*",), granted="2026-03-01", expires="2026-03-22")
EXPIRED = waiver(id="W-0", granted="2026-01-01", expires="2026-03-09")


def twenty_cells(**more: object) -> Run:
    """Return a run of twenty cells on six platforms: all passed, and one check is waived."""
    made = example_run()
    cells = [_passing(cell) for cell in made.cells if cell.checks]
    copies = [
        cell.model_copy(
            update={
                "id": cell.id.replace("debian-11", "ubuntu-25.04"),
                "platform": cell.platform.replace("debian-11", "ubuntu-25.04"),
            }
        )
        for cell in cells
    ]
    given = {"cells": (*cells, *copies)[:TWENTY], "fresh": True, "strict": False} | more
    return made.model_copy(update=given)


def _passing(cell: Cell) -> Cell:
    checks = []
    for check in cell.checks:
        update: dict[str, object] = {"verdict": Verdict.PASSED, "reason": ""}
        if "listening_port" in check.id and cell.product == "lighthouse":
            update = {"verdict": Verdict.FAILED, "reason": "tcp:9100 is not open any more"}
        elif check.verdict is Verdict.NOT_APPLICABLE and "kernel" in check.reason:
            update = {}
        checks.append(check.model_copy(update=update))
    states = (
        state.model_copy(update={"verdict": Verdict.PASSED, "reason": ""}) for state in cell.states
    )
    return cell.model_copy(
        update={
            "checks": tuple(checks),
            "states": tuple(states),
            "selected": True,
            "checks_declared": len(checks),
        }
    )


def asked(run: Run, *waivers: Waiver, baseline: Run | None = None) -> tuple[Question, Answer]:
    rules: Policy = policy(cells=(CellRule(select=("*",)),), signers=SIGNERS)
    question = Question(
        run=run,
        policy=rules,
        at=AT,
        inputs=Inputs(run="a" * 64, policy="b" * 64),
        waivers=Waivers(waiver=waivers),
        baselines=(Baseline(run=baseline),) if baseline else (),
    )
    return question, decide(question)


def page_of(run: Run, *waivers: Waiver, baseline: Run | None = None) -> str:
    return page(*asked(run, *waivers, baseline=baseline))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
