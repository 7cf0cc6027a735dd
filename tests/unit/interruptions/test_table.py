"""The table of a sweep."""

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


def test_what_helped_stands_beside_the_step() -> None:
    text = rows(GOOD)
    assert "killed Unpacking a (amd64) the upgrade again upgraded 3.2 s" in text
    assert text[-1] == "1 of 1 interruptions recovered"


def test_what_did_not_recover_says_why_in_the_machines_own_words() -> None:
    text = rows(GOOD, BAD)
    assert any("NOT recovered: differs from upgraded in 1: [red]x" in line for line in text)
    assert any(line.startswith("power-lost Configuring [a]") for line in text)
    assert text[-1] == "1 of 2 interruptions recovered"


def test_the_harnesss_own_failure_is_no_ones_else() -> None:
    broken = Outcome(fault="killed", step="x", verdict=Verdict.BROKEN, details="no engine")
    assert any("broken: no engine" in line for line in rows(broken))
