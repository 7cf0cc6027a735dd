"""What the progress of a run reports of its events."""

from __future__ import annotations

from upgradeproof.progress import ProgressTable
from upgradeproof.results.journal import StateFailed, StateStarted
from upgradeproof.results.model import Verdict

AT = "2026-01-01T00:00:00+00:00"


def line(reason: str) -> str | None:
    progress = ProgressTable()
    progress.take(StateStarted(at=AT, cell="c", state="upgraded", key="k"))
    event = StateFailed(
        at=AT,
        cell="c",
        state="upgraded",
        verdict=Verdict.FAILED,
        reason=reason,
        duration_s=1.0,
    )
    return progress.take(event)


def test_the_first_line_of_a_reason_is_shown() -> None:
    assert line("apt failed\nwhy") == "[    0.0 s] c: upgraded: failed: apt failed"


def test_a_failure_without_a_reason_is_shown() -> None:
    assert line("") == "[    0.0 s] c: upgraded: failed"
