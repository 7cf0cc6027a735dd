"""The check of sessions whose environment changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from suites import test_sessions as suite
from tests.unit.suites.states import state_with
from upgradeproof.probes.sessions import Session, Sessions
from upgradeproof.runner import State

BEFORE = Session(
    umask="0022",
    file_mode="644",
    environment={"PATH": "/usr/local/bin:/usr/bin", "LANG": "de_DE.UTF-8", "EDITOR": "vi"},
    limits={
        "open files": "1024/524288",
        "stack size": "8192/unlimited",
        "locked memory": "10000/10000",
    },
    zone="CET +0100",
    identity="uid=1000(deploy) gid=1000(deploy) groups=1000(deploy),4(adm)",
)


def giving(session: Session) -> State:
    return state_with({Sessions: {"deploy/cron": session}})


def run(test: Callable[..., None], after: Session) -> None:
    test(giving(BEFORE), giving(after))


CHANGES: list[tuple[Callable[..., None], dict[str, Any], str]] = [
    (suite.test_session_can_still_be_opened, {"problem": "refused"}, "deploy/cron: refused"),
    (
        suite.test_umask_is_preserved,
        {"umask": "0002", "file_mode": "664"},
        "a cron job of deploy: umask 0002 instead of 0022, new files have mode 664 instead of 644",
    ),
    (
        suite.test_environment_is_preserved,
        {"environment": {"PATH": "/usr/local/bin:/usr/bin", "LANG": "de_DE.UTF-8"}},
        "EDITOR is not set instead of 'vi'",
    ),
    (
        suite.test_locale_is_preserved,
        {"environment": {**BEFORE.environment, "LANG": "C"}},
        "LANG is 'C' instead of 'de_DE.UTF-8'",
    ),
    (suite.test_zone_is_preserved, {"zone": "UTC +0000"}, "zone UTC +0000 instead of CET +0100"),
    (
        suite.test_path_keeps_its_folders,
        {"environment": {**BEFORE.environment, "PATH": "/usr/bin"}},
        "PATH has lost /usr/local/bin",
    ),
    (
        suite.test_limits_are_not_lower,
        {"limits": {"open files": "1024/4096", "stack size": "8192/unlimited"}},
        "open files 1024/4096 instead of 1024/524288",
    ),
    (
        suite.test_limits_are_not_lower,
        {"limits": {"locked memory": "9000/9000"}},
        "locked memory 9000/9000 instead of 10000/10000",
    ),
    (
        suite.test_groups_are_preserved,
        {"identity": "uid=1000(deploy)"},
        "uid=1000(deploy) instead of",
    ),
]


@pytest.mark.parametrize(("test", "change", "words"), CHANGES)
def test_each_change_fails_with_user_kind_old_and_new(
    test: Callable[..., None], change: dict[str, Any], words: str
) -> None:
    run(test, BEFORE)
    with pytest.raises(AssertionError) as caught:
        run(test, BEFORE.model_copy(update=change))
    assert words in str(caught.value)


def test_an_addition_to_a_session_is_no_failure() -> None:
    more = {**BEFORE.environment, "NEW": "1", "PATH": "/usr/local/bin:/usr/bin:/opt/bin"}
    limits = {"open files": "2048/unlimited", "stack size": "8192/unlimited"}
    after = BEFORE.model_copy(update={"environment": more, "limits": limits})
    for test, *_ in CHANGES:
        run(test, after)


def test_a_machine_without_any_session_is_not_applicable() -> None:
    nothing = state_with({Sessions: {}})
    with pytest.raises(pytest.skip.Exception):
        suite.test_umask_is_preserved(nothing, nothing)


def test_the_kind_of_the_session_is_named() -> None:
    after = BEFORE.model_copy(update={"zone": "UTC +0000"})
    for kind, words in (("login", "a login"), ("ssh", "a login by SSH"), ("cron", "a cron job")):
        states = (state_with({Sessions: {f"deploy/{kind}": it}}) for it in (BEFORE, after))
        with pytest.raises(AssertionError, match=f"^{words} of deploy: zone UTC"):
            suite.test_zone_is_preserved(*states)
