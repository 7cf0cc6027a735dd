"""Plans with many cells, and measured durations."""

from __future__ import annotations

from pathlib import Path

from upgradeproof.plan import Cell, expand, load_images, load_plan
from upgradeproof.results import Cell as RunCell
from upgradeproof.results import Run, State, Verdict

MEASURED_S = {"vm": (750.0, 912.0), "container": (201.0, 237.0, 131.0, 318.0)}
"""Seconds of whole cells: 750, 201 and 237 are of a run of this project, the others assumed."""
IMAGE = """
title = "Example {n}"
family = "example"
codename = "first{n}"
architectures = ["amd64", "arm64"]
machines = ["container", "vm"]
[bootstrap]
suites = ["first"]
keyring = "/usr/share/keyrings/example.gpg"
[vm.packages]
amd64 = ["linux"]
arm64 = ["linux"]
"""
PLAN = """
name = "{name}"
[[release]]
name = "1"
packages.thing = "1.*"
[[release]]
name = "2"
packages.thing = "2.*"
[[install]]
step = "run"
script = "true"
[[upgrade]]
from = "1"
to = "2"
platforms = ["example-*"]
tags.smoke = ["example-1-*"]
[[upgrade.steps]]
step = "run"
script = "true"
[expect]
services = ["thingd"]
"""


def make_plans(folder: Path, *, products: int = 10, images: int = 5) -> tuple[Path, ...]:
    """Write plans with products x images x 2 architectures x 2 kinds of machine cells."""
    (folder / "images").mkdir(parents=True)
    for n in range(1, images + 1):
        (folder / "images" / f"example-{n}.toml").write_text(IMAGE.format(n=n))
    files = []
    for n in range(1, products + 1):
        path = folder / "products" / f"p{n}" / "upgrade.toml"
        path.parent.mkdir(parents=True)
        path.write_text(PLAN.format(name=f"p{n}"))
        files.append(path)
    return tuple(files)


def make_cells(folder: Path, *, products: int = 10, images: int = 5) -> tuple[Cell, ...]:
    files = make_plans(folder, products=products, images=images)
    return expand([load_plan(path) for path in files], load_images(folder))


def recorded(
    cell: Cell, seconds: float, *, reused: bool = False, verdict: Verdict = Verdict.PASSED
) -> RunCell:
    """Return a cell of an earlier run."""
    return RunCell(
        id=cell.id,
        platform=cell.platform.id,
        upgrade=cell.upgrade_id,
        product=cell.plan.name,
        states=(State(name="upgraded", verdict=verdict, duration_s=seconds, reused=reused),),
    )


def run_of(*cells: RunCell) -> Run:
    return Run(
        run_id="old",
        started_at="2026-01-01T00:00:00+00:00",
        finished_at="2026-01-01T01:00:00+00:00",
        upgradeproof="0.1.0",
        cells=cells,
    )


def measured(cells: tuple[Cell, ...]) -> Run:
    """Return a run in which each cell took as long as a real one of its kind, in turns."""
    return run_of(
        *(
            recorded(cell, known[at % len(known)])
            for at, cell in enumerate(cells)
            if (known := MEASURED_S[cell.platform.machine])
        )
    )
