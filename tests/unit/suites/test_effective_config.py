"""The check of settings that are no longer in effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from suites.test_effective_config import (
    test_daemon_prints_its_settings_as_before as prints,
)
from suites.test_effective_config import (
    test_important_default_is_as_before as important,
)
from suites.test_effective_config import (
    test_setting_of_the_administrator_is_in_force as in_force,
)
from tests.unit.suites.states import state
from upgradeproof.probes import Facts
from upgradeproof.probes.config_checks import ConfigChecks
from upgradeproof.probes.effective_config import EffectiveConfig, Setting
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.runner import State
from upgradeproof.runner.judging import judge


def facts(version: str, found: Mapping[str, Setting], problem: str = "") -> Facts:
    package = Package(version=version, state="install ok installed")
    dump = Setting(unit="exampled.service", packages=("exampled",), problem=problem)
    return Facts(
        {
            Packages.section: {"exampled": package},
            ConfigChecks.section: {},
            EffectiveConfig.section: {"example": dump, **found},
        }
    )


def upgrade(before: Facts, after: Facts, **plan: Any) -> tuple[State, State]:
    """Return both states; the second one has the judged diff."""
    sound = state(**plan)
    installed = replace(sound, name="installed", facts=before)
    changes = judge(sound.cell, "upgraded", before, after)
    return installed, replace(sound, facts=after, changes=changes)


MINE = Setting(value="777M", set_by="/etc/example.conf")
DEFAULT = Setting(value="128M")


def test_a_setting_of_the_administrator_that_is_not_in_effect_fails() -> None:
    before, after = facts("1", {"example/limit": MINE}), facts("2", {"example/limit": DEFAULT})
    message = "example/limit = 777M, set by /etc/example.conf, is not in force any more: it is 128M"
    with pytest.raises(AssertionError, match=message):
        in_force(*upgrade(before, after))
    with pytest.raises(AssertionError, match="is not in force any more: it is gone"):
        in_force(*upgrade(before, facts("2", {})))


def test_a_plan_may_expect_the_change() -> None:
    before, after = facts("1", {"example/limit": MINE}), facts("2", {"example/limit": DEFAULT})
    change = {"facts": ["effective_config/example/limit/*"], "reason": "the new limit is enough"}
    in_force(*upgrade(before, after, expect={"change": [change]}))


def test_a_changed_default_passes() -> None:
    other = Setting(value="256M")
    same = {"example/path": MINE, "example/listen": Setting(value="::1", important=True)}
    states = upgrade(
        facts("1", {"example/limit": DEFAULT} | same), facts("2", {"example/limit": other} | same)
    )
    for check in (in_force, important, prints):
        check(*states)


def test_what_no_daemon_printed_is_not_proven() -> None:
    states = upgrade(facts("1", {}, "it hangs"), facts("2", {}, "it hangs"))
    for check in (in_force, important, prints):
        with pytest.raises(pytest.skip.Exception, match="before the upgrade"):
            check(*states)


def test_an_important_default_fails() -> None:
    listens = Setting(value="0.0.0.0", important=True)
    local = Setting(value="127.0.0.1", important=True)
    states = upgrade(facts("1", {"example/listen": local}), facts("2", {"example/listen": listens}))
    message = r"the default of example/listen was 127\.0\.0\.1: it is 0\.0\.0\.0"
    with pytest.raises(AssertionError, match=message):
        important(*states)
    prints(*states)


def test_a_dump_that_fails_for_the_first_time_fails() -> None:
    problem = "exit status 1: TLS is required, and the server does not support it"
    states = upgrade(facts("1", {"example/limit": MINE}), facts("2", {}, problem))
    with pytest.raises(AssertionError, match=f"before the upgrade: {problem}"):
        prints(*states)
    in_force(*states)
