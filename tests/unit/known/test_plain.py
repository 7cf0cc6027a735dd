"""The plain plans expect no change: known changes alone must make them green."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.environments import ROOT
from upgradeproof.plan import load_plan

PLANS = sorted((ROOT / "tests" / "plain").glob("*/upgrade.toml"))


def test_there_is_a_plan_for_each_package_of_the_target_and_for_all_together() -> None:
    assert [path.parent.name for path in PLANS] == [
        "apache2-php-fpm",
        "bind9",
        "cron",
        "mariadb-server",
        "nginx",
        "openssh-server",
        "postfix",
        "postgresql",
        "python3-venv",
        "redis",
        "server",
    ]


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name)
def test_a_plain_plan_expects_no_change(path: Path) -> None:
    plan = load_plan(path)
    assert [upgrade.via for upgrade in plan.upgrade] == [(), (), ("12",)]
    for expect in (plan.expect, *(upgrade.expect for upgrade in plan.upgrade)):
        assert expect.change == ()
        assert (expect.known.include, expect.known.exclude) == ((), ())


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name)
def test_a_plain_plan_states_only_what_is_installed_and_upgraded(path: Path) -> None:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(data) == {"$schema", "name", "title", "release", "install", "upgrade", "expect"}
    assert set(data["expect"]) == {"services"}
