"""The states of a cell: their order, their releases, and which differences are excused."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from tests.unit.plan.texts import plan
from tests.unit.runner.world import cell
from upgradeproof.errors import HarnessError, PlanError
from upgradeproof.plan.steps import Planned
from upgradeproof.results.fold import STATE_ORDER
from upgradeproof.states import (
    STATES,
    StateName,
    compared_with,
    release_side,
    snapshot_of,
    state_named,
)

ENGINE = sorted((Path(__file__).parents[3] / "upgradeproof").rglob("*.py"))
LEFT = {"facts": ["packages/tool"], "reason": "the rollback leaves its tool"}
CHANGED = {"facts": ["packages/*", "journal/*"], "reason": "the upgrade changes it"}


def test_each_state_is_reached_from_the_one_before_it() -> None:
    forward = [name for name, place in STATES.items() if not place.booted]
    assert [STATES[name].parent for name in forward] == ["base", *forward][:-1]


def test_a_booted_state_is_a_clone_of_the_one_that_it_must_equal() -> None:
    booted = {name: place for name, place in STATES.items() if place.booted}
    assert {name: snapshot_of(name) for name in booted} == {
        "installed_rebooted": "installed",
        "rebooted": "upgraded",
    }
    assert all(place.equals == place.parent for place in booted.values())


def test_the_results_know_every_state_in_its_order() -> None:
    assert ("base", *STATES) == STATE_ORDER


def test_every_state_but_the_image_has_a_specification() -> None:
    assert tuple(StateName) == (StateName.BASE, *STATES)


def matches(path: Path) -> Iterator[ast.Match]:
    """Yield the matches over states and actions in a file of the engine."""
    closed = {StateName.__name__, *(kind.__name__ for kind in get_args(Planned))}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Match):
            names = {
                n.id
                for case in node.cases
                for n in ast.walk(case.pattern)
                if isinstance(n, ast.Name)
            }
            if names & closed:
                yield node


def test_every_match_over_states_or_actions_ends_in_assert_never() -> None:
    found = [(path, node) for path in ENGINE for node in matches(path)]
    assert len(found) >= 5
    for path, node in found:
        last = node.cases[-1]
        assert ast.unparse(last) == "case never:\n    assert_never(never)", f"{path}:{node.lineno}"


def test_the_error_for_an_unknown_state_lists_all_states() -> None:
    with pytest.raises(HarnessError) as caught:
        state_named("upgrade")
    assert str(caught.value) == (
        "there is no state 'upgrade'\nthere is: installed, installed_rebooted, upgraded, rebooted,"
        " rolled_back, upgraded_again"
    )


def test_a_state_is_like_the_one_that_it_must_equal() -> None:
    assert [release_side(state) for state in STATES] == [
        *("installed", "installed", "upgraded", "upgraded"),
        *("installed", "upgraded"),
    ]


def test_a_state_is_compared_with_the_one_that_it_must_equal_or_with_its_parent() -> None:
    assert [compared_with(state) for state in STATES] == [
        "base",
        "installed",
        "installed",
        "upgraded",
        "installed",
        "upgraded",
    ]


def test_only_a_rollback_leads_to_the_states_after_it() -> None:
    assert cell().states == ("installed", "installed_rebooted", "upgraded", "rebooted")
    assert cell(rollback="back").states == tuple(STATES)


def test_the_upgrade_is_applied_again_by_its_own_steps() -> None:
    on = cell(rollback="back")
    assert on.actions("upgraded_again") == on.actions("upgraded") != on.actions("rolled_back")
    assert [on.release(state).name for state in STATES] == ["1", "1", "2", "2", "1", "2"]


def test_a_file_that_a_step_of_the_upgrade_writes_is_expected_to_differ() -> None:
    sources = {"step": "apt-sources", "old": "old", "new": "new"}
    copied = {"step": "copy", "source": "a", "path": "/etc/copied"}
    on = cell(upgrade=[sources, copied])
    by_apt = "the step apt-sources of the upgrade writes this file"
    assert on.reason_for("upgraded", "files//etc/apt/sources.list.d/a.list/sha256") == by_apt
    assert on.reason_for("upgraded", "files//etc/apt/sources.list/owner") is None
    assert on.reason_for("upgraded", "files//etc/copied") == (
        "the step copy of the upgrade writes this file"
    )
    assert on.reason_for("upgraded", "files//etc/other/sha256") is None
    assert on.reason_for("upgraded", "files//etc/copied", "removed") is None
    assert on.reason_for("rebooted", "files//etc/copied/sha256") is None


@pytest.mark.parametrize(
    ("state", "path", "event", "reason"),
    [
        ("upgraded", "packages/thing", False, "the upgrade changes it"),
        ("rolled_back", "packages/thing", False, None),
        ("rolled_back", "journal/error", True, None),
        ("rolled_back", "packages/tool", False, "the rollback leaves its tool"),
        ("upgraded_again", "packages/thing", False, None),
        ("upgraded_again", "packages/tool", False, "the rollback leaves its tool"),
        ("upgraded_again", "journal/error", True, "the upgrade changes it"),
        ("upgraded_again", "kernel_log/error", True, None),
    ],
)
def test_a_change_of_an_upgrade_does_not_excuse_another_final_state(
    state: str, path: str, event: bool, reason: str | None
) -> None:
    on = cell(rollback="back", allowed_changes=[LEFT], expect={"change": [CHANGED]})
    assert on.reason_for(state, path, event=event) == reason


@pytest.mark.parametrize(
    "line",
    ['allowed_changes = [{ facts = ["users/a"], reason = "it stays" }]', "rollback_limit_s = 60"],
)
def test_a_key_about_a_rollback_needs_a_rollback(tmp_path: Path, line: str) -> None:
    key = line.partition(" ")[0]
    with pytest.raises(PlanError, match=f"{key} goes with the steps of a rollback"):
        plan(tmp_path, ('via = ["2"]', f'via = ["2"]\n{line}'))


def test_the_default_timeout_of_a_rollback_is_five_minutes() -> None:
    assert cell(rollback="back").upgrade.rollback_limit_s == 300
