"""What a verifier knows from elsewhere: no signature proves that it is the right decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from upgradeproof.decision.files import digest
from upgradeproof.decision.model import Decision
from upgradeproof.results.reading import read

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clocks of two hosts may differ."""
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The files that were reviewed, and how old the decision may be."""

    now: datetime
    """The time of the verification; with an offset from UTC."""
    max_age_days: float | None = None
    policy: Path | None = None
    waivers: Path | None = None


def unexpected(decision: Decision, expected: Expected) -> Iterator[str]:
    """Yield how a decision differs from what is expected. Raises HarnessError for no file."""
    decided = datetime.fromisoformat(decision.decided_at)
    age, now = expected.now - decided, expected.now.astimezone(UTC).isoformat(timespec="seconds")
    if age < -CLOCKS_DIFFER:
        yield f"the decision was made at {decision.decided_at}, which is after now, {now}"
    if expected.max_age_days is not None and age > expected.max_age_days * DAY:
        yield (
            f"the decision is {age / DAY:.1f} days old, and {expected.max_age_days:g} are allowed: "
            "it may be that of an earlier release"
        )
    for name, path, sha256 in (
        ("policy", expected.policy, decision.inputs.policy),
        ("file of waivers", expected.waivers, decision.inputs.waivers),
    ):
        if path is not None and digest(read(path)) != sha256:
            yield f"the decision was made by another {name} than {path}"
