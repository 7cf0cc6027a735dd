"""An invalid policy is one clear error with file, line, key and the nearest name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.unit.decision.runs import POLICY
from upgradeproof.decision.policy import SHORTEST, Policy, load_policy
from upgradeproof.errors import PlanError


def wrong(folder: Path, old: str, new: str) -> str:
    path = folder / "policy.toml"
    path.write_text(POLICY.replace(old, new))
    with pytest.raises(PlanError) as error:
        load_policy(path)
    assert error.value.brief == f"{path} is not a valid policy"
    return error.value.details.removeprefix(f"{path}:")


def test_a_policy_is_read(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY)
    policy = load_policy(tmp_path / "policy.toml")
    assert (policy.owners, policy.fresh, policy.max_age_days) == (("ada", "grace"), True, 14)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("max_waivers", "max_waiver", "2: unknown key 'max_waiver'; did you mean 'max_waivers'?"),
        ("select", "selct", "3: 'cells.0.select' is missing"),
        (
            "[[cells]]\nselect",
            "[[cells]]\nown_kernl = true\nselect",
            "4: unknown key 'cells.0.own_kernl'; did you mean 'own_kernel'?",
        ),
        (
            "max_waivers = 1",
            'broken = "nogo"',
            "2: broken: input should be 'no_go', 'cannot_tell' or 'note', not 'nogo'",
        ),
        (
            "[[cells]]",
            "[[cells]]\nrequired = false",
            "3: cells: no cell is required, so the policy decides nothing",
        ),
        (
            '["debian-*.thing-1-to-2"]',
            '["a", "a"]',
            "4: cells.0.select.1: 'a' is listed twice",
        ),
    ],
)
def test_each_problem_has_its_line(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert problem in wrong(tmp_path, old, new)


def test_a_missing_policy_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as error:
        load_policy(tmp_path / "policy.toml")
    assert str(error.value) == (
        f"{tmp_path}/policy.toml: there is no such file\n"
        'To do: write a policy; the shortest requires every cell: cells = [{ select = ["*"] }]'
    )


def test_the_shortest_policy_is_one() -> None:
    policy = Policy.model_validate(tomllib.loads(SHORTEST.rpartition(": ")[2]))
    assert policy.rule("a").required


def test_the_first_rule_that_fits_a_cell_applies() -> None:
    policy = Policy.model_validate(
        {"cells": [{"select": ["a*"], "own_kernel": True}, {"select": ["*"], "required": False}]}
    )
    assert (policy.rule("ab").own_kernel, policy.rule("b").required) == (True, False)
