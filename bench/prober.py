"""What the prober costs the upgrade that it watches: the same one with it and without."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from bench.cells import CELL, green
from bench.result import Result
from upgradeproof.home import Home
from upgradeproof.settings import pytest_words

PAIRS = 3
OVERHEAD = 1.03
DISRUPTION = re.compile(r"^\[\[expect\.disruption\]\]\n(?:(?!\[).*\n)*", re.MULTILINE)


def measure(home: Home) -> list[Result]:
    """Take turns in the order A B B A, so that drift in one direction meets both alike."""
    plan = next(cell.plan for cell in home.cells if cell.id == CELL)
    samples: dict[str, list[float]] = {"watched": [], "not watched": []}
    with tempfile.TemporaryDirectory(prefix="upgradeproof-bench-") as scratch:
        plans = {
            "watched": plan.folder / "upgrade.toml",
            "not watched": _without_disruptions(plan.folder, Path(scratch)),
        }
        for turn in range(PAIRS):
            for what in sorted(plans, reverse=turn % 2 == 0):
                samples[what].append(_upgrade_s(plans[what]))
    return [
        Result.overhead(
            "upgrade under the prober",
            ("watched", samples["watched"]),
            ("not watched", samples["not watched"]),
            maximum=OVERHEAD,
        )
    ]


def _without_disruptions(folder: Path, scratch: Path) -> Path:
    """Return the plan of a copy of the product that names no disruption."""
    path = shutil.copytree(folder, scratch / folder.name) / "upgrade.toml"
    text, count = DISRUPTION.subn("", path.read_text(encoding="utf-8"))
    if not count:
        raise RuntimeError(f"{path} names no disruption: there is nothing to compare")
    path.write_text(text, encoding="utf-8")
    return path


def _upgrade_s(plan: Path) -> float:
    """Return how long the transition to ``upgraded`` took, with the prober's beginning and end."""
    _, found = green(
        "--upgradeproof-fresh",
        *pytest_words(plans=[plan]),
        f"--upgradeproof-cell={CELL}",
        "-k",
        "test_upgrade_happened",
    )
    (cell,) = (cell for cell in found.cells if cell.selected)
    (state,) = (state for state in cell.states if state.name == "upgraded")
    if state.duration_s is None:
        raise RuntimeError(f"run.json of {plan} does not have the duration of the upgrade")
    return state.duration_s
