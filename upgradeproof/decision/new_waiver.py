"""Write a waiver for a failed check into a file, its layout and comments preserved."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import tomlkit
from tomlkit.items import AoT, Table

from upgradeproof.decision.policy import Policy
from upgradeproof.decision.waivers import Waivers, fits_or_is, load_waivers
from upgradeproof.errors import PlanError
from upgradeproof.plan.loading import nearest
from upgradeproof.render.writing import write_text
from upgradeproof.results import Check, Run, Verdict


def failing(run: Run, cells: str, checks: str) -> list[tuple[str, Check]]:
    """Return the failed checks of a run that fit the globs, each with its cell.

    Raises PlanError where there is none: a waiver for nothing is an error.
    """
    fitting = [cell for cell in run.cells if cell.selected and fits_or_is(cell.id, [cells])]
    if not fitting:
        names = [cell.id for cell in run.cells if cell.selected]
        raise PlanError(f"no cell of the run fits {cells}", details=nearest(cells, names))
    found = [
        (cell.id, check)
        for cell in fitting
        for check in cell.checks
        if check.verdict is Verdict.FAILED and fits_or_is(check.id, [checks])
    ]
    if not found:
        names = sorted(
            {c.id for cell in fitting for c in cell.checks if c.verdict is Verdict.FAILED}
        )
        raise PlanError(
            f"no failed check of these cells fits {checks}",
            details=nearest(checks, names) if names else "no check of these cells failed",
            resolution="name a failed check; a waiver covers no other",
        )
    return found


def free_id(waivers: Waivers) -> str:
    """Return the first id of the form ``W-1`` that the file does not have."""
    taken = {each.id for each in waivers.waiver}
    return next(name for n in range(1, len(taken) + 2) if (name := f"W-{n}") not in taken)


def draft(
    *,
    waiver_id: str,
    cells: str,
    checks: str,
    finding: str,
    owner: str,
    reason: str,
    ticket: str,
    today: date,
    days: int,
) -> dict[str, object]:
    """Return the keys of a waiver that holds from today on."""
    return {
        "id": waiver_id,
        "cells": [cells],
        "checks": [checks],
        "finding": finding,
        "owner": owner,
        "reason": reason,
        "ticket": ticket,
        "granted": today,
        "expires": today + timedelta(days=days),
    }


def append(path: Path, keys: dict[str, object], policy: Policy) -> None:
    """Append a waiver to a file, which may not be there yet.

    Raises PlanError where the file would not be valid; it is then as it was.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else None
    document = tomlkit.parse(before or "")
    table: Table = tomlkit.table()
    for name, value in keys.items():
        table.add(name, value)
    listed = document.get("waiver")
    if not isinstance(listed, AoT):
        listed = tomlkit.aot()
        document.append("waiver", listed)
    listed.append(table)
    write_text(path, tomlkit.dumps(document))
    try:
        load_waivers(path, policy)
    except PlanError:
        if before is None:
            path.unlink()
        else:
            write_text(path, before)
        raise
