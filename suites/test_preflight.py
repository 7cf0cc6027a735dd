"""Nothing prevents the upgrade, and every severe finding is fixed or accepted."""

from collections.abc import Sequence

from upgradeproof.preflight import Finding
from upgradeproof.severity import Severity


def test_nothing_inhibits_the_upgrade(findings: Sequence[Finding]) -> None:
    inhibitors = [str(finding) for finding in findings if finding.severity == Severity.INHIBITOR]
    assert not inhibitors, "\n".join(inhibitors)


def test_every_severe_finding_is_accepted(findings: Sequence[Finding]) -> None:
    left = [
        f"{finding.id}: {finding}"
        for finding in findings
        if finding.severity == Severity.HIGH and not finding.accepted
    ]
    assert not left, "\n".join(["neither fixed nor accepted in [[preflight.accept]]:", *left])
