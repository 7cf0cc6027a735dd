"""The details of a cell, as the script of the page reads them."""

from __future__ import annotations

from upgradeproof.render.details import changes, quiet
from upgradeproof.results import Cell, Change, Check, State, Verdict


def change(path: str, reason: str = "", **fields: str) -> Change:
    return Change.model_validate(
        {"path": path, "before": "1", "after": "2", "expected": bool(reason), "reason": reason}
        | fields
    )


def test_the_reasons_of_a_diff_are_grouped_by_their_source() -> None:
    state = State(
        name="upgraded",
        verdict=Verdict.PASSED,
        changes=(
            change("a/1", "a package", source="package"),
            change("a/2", "it is known", source="known", known_for="Debian 12 -> 13"),
            change("a/3"),
            change("a/4", "the plan", source="plan"),
            change("a/5", "it is known", source="known", known_for="Debian 12 -> 13"),
        ),
    )
    cell = Cell(id="c", platform="p", upgrade="u", product="x")
    (diff,) = changes(cell.model_copy(update={"states": (state,)}))
    assert diff["reasons"] == [
        ("the plan", "expected by the plan"),
        ("it is known", "known for Debian 12 -> 13"),
        ("a package", "follows from a package"),
    ]
    assert [(line[0], line[3]) for line in diff["lines"]] == [
        ("a/1", 2),
        ("a/2", 1),
        ("a/3", None),
        ("a/4", 0),
        ("a/5", 1),
    ]


def test_no_duration_of_a_journal_is_too_long() -> None:
    checks = [
        Check(id=f"a::{duration}", verdict=Verdict.PASSED, duration_s=duration)
        for duration in (0.0015, 1e308)
    ]
    assert quiet(checks)["ms"] == [2, 1_000_000_000_000]
