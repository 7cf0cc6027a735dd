"""Defaults of a plan: platforms and tags of the upgrades that specify none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.test_cells import error
from tests.unit.plan.texts import error_of, plan, write
from upgradeproof.plan import load_plan

FIRST = 'to = "2"\nplatforms = ["*"]'
DEFAULTS = '[defaults]\nplatforms = ["debian-12-*"]\ntags.smoke = ["*"]\n[expect]\n'


def test_an_upgrade_without_platforms_has_the_default_ones(tmp_path: Path) -> None:
    found = plan(tmp_path, (FIRST, 'to = "2"'), ("[expect]\n", DEFAULTS))
    assert [u.platforms for u in found.upgrade] == [("debian-12-*",), ("*",), ("*",)]


def test_tags_of_an_upgrade_come_after_the_default_ones_and_win(tmp_path: Path) -> None:
    own = f'{FIRST}\ntags.kernel = ["*"]\ntags.smoke = []'
    found = plan(tmp_path, (FIRST, own), ("[expect]\n", DEFAULTS))
    assert [u.tags for u in found.upgrade] == [
        {"smoke": (), "kernel": ("*",)},
        {"smoke": ("*",)},
        {"smoke": ("*",)},
    ]


WRONG = {
    "none anywhere": (
        ((FIRST, 'to = "2"'),),
        "21: upgrade.0: `platforms` is missing, here and in [defaults]",
    ),
    "an empty list": (
        ((FIRST, 'to = "2"\nplatforms = []'), ("[expect]\n", DEFAULTS)),
        "24: upgrade.0.platforms: list should have at least 1 item, not []",
    ),
    "an unknown key": (
        (("[expect]\n", DEFAULTS.replace("platforms", "platform")),),
        "48: unknown key 'defaults.platform'; did you mean 'platforms'?",
    ),
    "a wrong tag": (
        (("[expect]\n", DEFAULTS.replace("smoke", "Smoke")),),
        (
            "49: defaults.tags.Smoke.[key]: string should match pattern "
            "'^[a-z0-9][a-z0-9.+~_-]*$', not 'Smoke'"
        ),
    ),
    "a wrong type": (
        (("[expect]\n", DEFAULTS.replace('["debian-12-*"]', '"debian"')),),
        "48: defaults.platforms: input should be a list, not 'debian'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_error_for_a_wrong_default_has_line_and_key(tmp_path: Path, name: str) -> None:
    changes, problem = WRONG[name]
    lines = error_of(write(tmp_path, *changes)).splitlines()
    assert lines == ["PLAN is not a valid plan", f"PLAN:{problem}"]


def test_a_default_platform_that_no_image_offers_is_an_error(tmp_path: Path) -> None:
    spoilt = plan(tmp_path, (FIRST, 'to = "2"'), ("[expect]\n", DEFAULTS.replace("12", "14")))
    assert error(spoilt) == (
        f"{tmp_path}/upgrade.toml: [defaults] names the platform 'debian-14-*', which no image "
        "offers; valid: debian-11-amd64.container, debian-12-amd64.container, "
        "debian-12-arm64.container"
    )


def test_a_plan_without_defaults_is_unchanged(tmp_path: Path) -> None:
    assert [u.tags for u in load_plan(write(tmp_path)).upgrade] == [{}, {}, {}]
