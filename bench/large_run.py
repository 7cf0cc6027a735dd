"""A synthetic run of many cells: its journal, as the plugin would have written it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PRODUCTS = 20
PLATFORMS = 25
CHECKS = 100
AT = "2026-03-12T09:15:00.000+00:00"
STATES = {"installed": 3, "upgraded": 4, "rolled_back": 1}
"""States of each cell, and their steps."""
NOT_APPLICABLE = "the kernel is the host's: a container can't prove it"
FAILURE = "assert lost == ()\n  lost listening ports: 2\n    tcp 127.0.0.1:{port} (was: exporter)"


def write_journal(path: Path, cells: int, checks: int = CHECKS) -> None:
    """Write the journal of a run in which one cell of nineteen has a failed check."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(
            json.dumps(event, separators=(",", ":")) + "\n" for event in _events(cells, checks)
        )


def _events(cells: int, checks: int) -> Iterator[dict[str, Any]]:
    yield {
        "event": "run_started",
        "at": AT,
        "run_id": "synthetic",
        "upgradeproof": "0",
        "fresh": True,
        "host": {"system": "Linux"},
    }
    ids = [f"test_suite_{n % 12}::test_what_must_hold_after_it[subject-{n}]" for n in range(checks)]
    for number in range(cells):
        yield from _cell(number, ids)
    yield {"event": "run_finished", "at": AT, "run_id": "synthetic"}


def _cell(number: int, ids: list[str]) -> Iterator[dict[str, Any]]:
    product = f"product-{number % PRODUCTS}"
    row, column = divmod(number // PRODUCTS, PLATFORMS)[::-1]
    kind = "vm" if row % 5 == 0 else "container"
    platform = f"system-{row // 2}-{'arm64' if row % 2 else 'amd64'}.{kind}"
    upgrade = f"{product}-1.{column}-to-1.{column + 1}"
    cell = f"{platform}.{upgrade}"
    yield {
        "event": "cell_declared",
        "cell": cell,
        "platform": platform,
        "upgrade": upgrade,
        "product": product,
        "tags": [kind],
        "selected": True,
        "checks_declared": len(ids),
    }
    fidelity = {"kernel": "own" if kind == "vm" else "shared", "execution": "native"}
    yield {"event": "cell_placed", "cell": cell, "fidelity": fidelity}
    yield from ({"event": "check_declared", "cell": cell, "check": check} for check in ids)
    for state, steps in STATES.items():
        yield from _state(cell, state, steps)
    for place, check in enumerate(ids):
        verdict, reason = _verdict(number, place, kind)
        yield {
            "event": "check_finished",
            "at": AT,
            "cell": cell,
            "check": check,
            "verdict": verdict,
            "reason": reason,
            "duration_s": (number * 7 + place * 13) % 900 / 1000,
        }


def _state(cell: str, state: str, steps: int) -> Iterator[dict[str, Any]]:
    yield {"event": "state_started", "at": AT, "cell": cell, "state": state, "key": "sha256:4f2c"}
    for step in range(steps):
        about = {"at": AT, "cell": cell, "state": state}
        transcript = f"evidence/{cell}/{state}/0{step}-step.log"
        yield {"event": "step_started", "title": f"step {step}", "transcript": transcript} | about
        yield {"event": "step_finished", "exit_status": 0, "duration_s": 3.5 + step} | about
    changed = [
        {
            "path": f"packages/package-{n}/version",
            "before": f"1.{n}",
            "after": f"2.{n}",
            "expected": True,
            "reason": "the release has it",
            "source": "plan",
        }
        for n in range(5 if state == "upgraded" else 0)
    ]
    yield {
        "event": "state_reached",
        "at": AT,
        "cell": cell,
        "state": state,
        "reused": False,
        "duration_s": 21.5,
        "facts": f"evidence/{cell}/{state}.json",
        "changes": changed,
    }


def _verdict(number: int, place: int, kind: str) -> tuple[str, str]:
    if place == 7 and number % 19 == 3:
        return "failed", FAILURE.format(port=9000 + number % 40)
    if place % 5 == 0 and kind == "container":
        return "not_applicable", NOT_APPLICABLE
    return "passed", ""
