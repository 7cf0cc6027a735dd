"""The diff of the facts holds nothing that the plan does not expect."""

from upgradeproof.journey import State


def test_every_change_is_expected(upgraded: State) -> None:
    regressions = [change for change in upgraded.changes if not change.expected]
    assert not regressions, "\n".join(
        f"{change.path}: {change.before or '(nothing)'} -> {change.after or '(nothing)'}"
        for change in regressions
    )
