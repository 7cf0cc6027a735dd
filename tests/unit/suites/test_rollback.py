"""The checks of the rollback: its duration, and the upgrade that is applied again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from suites import test_rollback as suite
from tests.unit.suites.states import state
from upgradeproof.results import Change, Fidelity

LIMIT_S = 300


def rolled_back(took_s: float, execution: str = "native") -> Any:
    fidelity = Fidelity.model_validate({"kernel": "own", "execution": execution})
    sound = state(name="rolled_back", rollback="back")
    return replace(sound, took_s=took_s, fidelity=fidelity)


@pytest.mark.parametrize("execution", ["native", "kvm"])
def test_a_rollback_within_its_limit_passes(execution: str) -> None:
    suite.test_rollback_keeps_its_limit(rolled_back(LIMIT_S, execution))


def test_a_rollback_that_takes_longer_is_reported_with_both_times() -> None:
    with pytest.raises(AssertionError) as caught:
        suite.test_rollback_keeps_its_limit(rolled_back(LIMIT_S + 1))
    assert str(caught.value).splitlines()[0] == (
        "the steps of the rollback took 301.0 s, where the plan allows 300 s"
    )


@pytest.mark.parametrize("execution", ["tcg", "qemu-user"])
@pytest.mark.parametrize("took_s", [1.0, 1000.0])
def test_under_emulation_the_time_is_reported_and_proves_nothing(
    execution: str, took_s: float
) -> None:
    with pytest.raises(pytest.skip.Exception) as caught:
        suite.test_rollback_keeps_its_limit(rolled_back(took_s, execution))
    assert str(caught.value) == (
        f"the steps of the rollback took {took_s:.1f} s, where the plan allows 300 s: "
        f"under {execution} that is no proof"
    )


def test_differences_after_the_second_upgrade_are_listed() -> None:
    gone = Change(path="groups/thing", before="gid=7", after=None, expected=False)
    known = Change(path="packages/tool", before=None, after="there", expected=True, reason="left")
    ended = replace(state(name="upgraded_again", rollback="back"), changes=(gone, known))
    with pytest.raises(AssertionError) as caught:
        suite.test_the_upgrade_applied_again_ends_in_the_same_facts(ended)
    assert str(caught.value).splitlines()[0] == (
        "1 change, different from the first upgrade; it is groups/thing: gid=7 -> (nothing)"
    )
    suite.test_the_upgrade_applied_again_ends_in_the_same_facts(replace(ended, changes=(known,)))
