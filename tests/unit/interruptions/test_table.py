"""The table of a sweep over the interruptions."""

from __future__ import annotations

from upgradeproof.interruptions import Outcome, table
from upgradeproof.results import Verdict

GOOD = Outcome(
    fault="killed",
    step="Unpacking a (amd64)",
    verdict=Verdict.PASSED,
    recovered_by=("dpkg --configure -a", "the upgrade again"),
    state="upgraded",
    duration_s=3.25,
)
BAD = Outcome(
    fault="power-lost",
    step="Configuring [a]",
    verdict=Verdict.FAILED,
    recovered_by=("dpkg --configure -a",),
    details="differs from upgraded in 1: [red]x",
)


def rows(*outcomes: Outcome) -> list[str]:
    return [" ".join(line.split()) for line in table(outcomes).splitlines()]


def test_the_row_of_a_step_names_the_recovery() -> None:
    text = rows(GOOD)
    assert "killed Unpacking a (amd64) the upgrade again upgraded 3.2 s" in text
    assert text[-1] == "1 of 1 interruptions recovered"


def test_the_row_of_a_failed_recovery_quotes_the_machine() -> None:
    text = rows(GOOD, BAD)
    assert any("NOT recovered: differs from upgraded in 1: [red]x" in line for line in text)
    assert any(line.startswith("power-lost Configuring [a]") for line in text)
    assert text[-1] == "1 of 2 interruptions recovered"


def test_a_failure_of_the_harness_is_broken() -> None:
    broken = Outcome(fault="killed", step="x", verdict=Verdict.BROKEN, details="no engine")
    assert any("broken: no engine" in line for line in rows(broken))
