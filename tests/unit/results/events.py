"""Events of a small run, as its processes write them."""

from __future__ import annotations

from upgradeproof.results import (
    Component,
    Fidelity,
    Finding,
    LoadMeasured,
    RatioMeasured,
    Release,
    Verdict,
)
from upgradeproof.results import journal as j

CELL = "debian-12-amd64.container.thing-1-to-2"
OTHER = "debian-12-arm64.container.thing-1-to-2"


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02d}.000+00:00"


def begun(second: int = 0, *, fresh: bool = False, run_id: str = "run1") -> j.RunStarted:
    return j.RunStarted(
        at=at(second), run_id=run_id, upgradeproof="0.1.0", fresh=fresh, host={"system": "linux"}
    )


def ended(second: int = 59, *, run_id: str = "run1") -> j.RunFinished:
    return j.RunFinished(at=at(second), run_id=run_id)


def declared(cell: str = CELL, *, selected: bool = True) -> j.CellDeclared:
    platform, _, upgrade = cell.rpartition(".")
    return j.CellDeclared(
        cell=cell,
        platform=platform,
        upgrade=upgrade,
        product="thing",
        tags=("smoke",),
        selected=selected,
        reason="" if selected else "deselected",
    )


def check(name: str, cell: str = CELL) -> j.CheckDeclared:
    return j.CheckDeclared(cell=cell, check=name, states=("upgraded",))


def finished(
    name: str, verdict: Verdict = Verdict.PASSED, second: int = 30, cell: str = CELL
) -> j.CheckFinished:
    return j.CheckFinished(
        at=at(second),
        cell=cell,
        check=name,
        verdict=verdict,
        reason="" if verdict is Verdict.PASSED else f"why {verdict}",
        duration_s=0.5,
    )


def started(state: str, second: int) -> j.StateStarted:
    return j.StateStarted(at=at(second), cell=CELL, state=state, key=f"key-{state}")


def step(state: str, title: str, second: int) -> tuple[j.StepStarted, j.StepFinished]:
    path = f"evidence/{title}.log"
    return (
        j.StepStarted(at=at(second), cell=CELL, state=state, title=title, transcript=path),
        j.StepFinished(at=at(second + 1), cell=CELL, state=state, exit_status=0, duration_s=1.0),
    )


def reached(state: str, second: int, *, reused: bool = False) -> j.StateReached:
    return j.StateReached(
        at=at(second),
        cell=CELL,
        state=state,
        reused=reused,
        duration_s=9.0,
        facts=f"evidence/{state}/facts.json",
    )


def failed(state: str, second: int, verdict: Verdict = Verdict.FAILED) -> j.StateFailed:
    return j.StateFailed(
        at=at(second), cell=CELL, state=state, verdict=verdict, reason="why", duration_s=2.0
    )


def placed(cell: str = CELL) -> j.CellPlaced:
    return j.CellPlaced(cell=cell, fidelity=Fidelity(kernel="shared", execution="native"))


FINDING = Finding(
    id="cores",
    severity="high",
    title="2 cores",
    meaning="That is few.",
    remedy="give it more",
)
RELEASE = Release(product="thing", name="2", components=(Component(name="part"),))


CONTROLLER: list[j.Event] = [
    begun(),
    j.ReleaseDeclared(release=RELEASE),
    declared(),
    declared(OTHER, selected=False),
    check("a"),
    check("b"),
    ended(),
]
WORKER: list[j.Event] = [
    begun(1),
    placed(),
    started("installed", 2),
    *step("installed", "install", 3),
    *step("installed", "configure", 5),
    reached("installed", 10),
    started("upgraded", 11),
    j.PreflightDone(at=at(11), cell=CELL, state="upgraded", findings=(FINDING,)),
    *step("upgraded", "upgrade", 12),
    reached("upgraded", 20),
    finished("a", second=21),
    finished("b", second=22),
]


RATIO = RatioMeasured(
    load="visitors",
    target="p99_ratio",
    budget=1.25,
    pairs=((100.0, 101.0),),
    ratio=1.01,
    low=None,
    high=None,
    outcome="cannot_tell",
    reason="too few",
)


def measured(*, state: str, requests: int = 5) -> LoadMeasured:
    return LoadMeasured(
        load="visitors",
        state=state,
        duration_s=1,
        requests=requests,
        answered=5,
        throughput_per_s=5,
        p50_ms=1,
        p95_ms=2,
        p99_ms=3,
        max_ms=4,
    )
