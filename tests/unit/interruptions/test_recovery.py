"""Recoveries are tried in order, until the machine is in a known state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from upgradeproof.interruptions.recovery import Recovery, recover
from upgradeproof.machines import Machine
from upgradeproof.plan.steps import Action, Script

NO_MACHINE = cast("Machine", None)
NAMES = ("configure", "fix", "again")


def recovery(name: str) -> Recovery:
    return Recovery(name=name, actions=(Script(title=name, script=name, timeout_s=1.0),))


def recovered(
    failing: Sequence[str], succeeds_after: str
) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    done: list[str] = []

    def carry_out(_: Machine, actions: Sequence[Action]) -> str:
        done.append(actions[0].title)
        return "it failed" if actions[0].title in failing else ""

    return recover(
        NO_MACHINE,
        (recovery(name) for name in NAMES),
        carry_out,
        lambda _: "upgraded" if done[-1] == succeeds_after else "",
    )


@pytest.mark.parametrize("last", NAMES)
def test_the_first_recovery_that_succeeds_is_the_last_one(last: str) -> None:
    expected = NAMES[: NAMES.index(last) + 1]
    assert recovered([], last) == (expected, "upgraded", ())


def test_a_recovery_whose_command_fails_does_not_count() -> None:
    assert recovered(["configure"], "configure") == (NAMES, "", ("configure: it failed",))


def test_recoveries_that_failed_are_recorded() -> None:
    assert recovered(["configure", "fix"], "again") == (
        NAMES,
        "upgraded",
        ("configure: it failed", "fix: it failed"),
    )
