"""One way out after the other, until the machine has arrived somewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from upgradeproof.interruptions.recovery import Recovery, recover
from upgradeproof.machines import Machine
from upgradeproof.plan.steps import Action, Script

NOBODY = cast("Machine", None)
WAYS = ("configure", "fix", "again")


def way(name: str) -> Recovery:
    return Recovery(name=name, actions=(Script(title=name, script=name, timeout_s=1.0),))


def tried(
    failing: Sequence[str], arrives_after: str
) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    done: list[str] = []

    def carry_out(_: Machine, actions: Sequence[Action]) -> str:
        done.append(actions[0].title)
        return "it failed" if actions[0].title in failing else ""

    return recover(
        NOBODY,
        (way(name) for name in WAYS),
        carry_out,
        lambda _: "upgraded" if done[-1] == arrives_after else "",
    )


@pytest.mark.parametrize("last", WAYS)
def test_the_first_way_that_arrives_ends_it(last: str) -> None:
    expected = WAYS[: WAYS.index(last) + 1]
    assert tried([], last) == (expected, "upgraded", ())


def test_a_way_that_fails_is_no_arrival() -> None:
    assert tried(["configure"], "configure") == (WAYS, "", ("configure: it failed",))


def test_what_failed_on_the_way_is_kept() -> None:
    assert tried(["configure", "fix"], "again") == (
        WAYS,
        "upgraded",
        ("configure: it failed", "fix: it failed"),
    )
