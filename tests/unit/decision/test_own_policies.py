"""This repository's own policies fit its own plans."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.decision.policy import load_policy
from upgradeproof.home import Home

ROOT = Path(__file__).parents[3]
POLICIES = ["reports/policy.toml", "products/lighthouse/policy.toml"]


@pytest.mark.parametrize("name", POLICIES)
def test_each_glob_fits_a_cell_and_there_are_enough(name: str) -> None:
    names = [cell.id for cell in Home(ROOT).cells]
    for rule in load_policy(ROOT / name).cells:
        for glob in rule.select:
            alone = rule.model_copy(update={"select": (glob,)})
            assert any(map(alone.fits, names)), glob
        assert sum(map(rule.fits, names)) >= rule.min_cells


def test_the_policy_of_make_verify_names_exactly_its_cells() -> None:
    smoke = {cell.id for cell in Home(ROOT).cells if "smoke" in cell.tags}
    named = {glob for rule in load_policy(ROOT / POLICIES[0]).cells for glob in rule.select}
    assert named == smoke
