"""The check of what users' own systemd runs."""

from __future__ import annotations

import pytest

from suites.test_user_services import test_services_of_users_run_as_before as check
from tests.unit.suites.test_whole_machine import state_with
from upgradeproof.probes.user_services import UserService, UserServices
from upgradeproof.runner import State

RUNS = UserService(enabled="enabled", active="active", sub="running")
FAILED = UserService(
    enabled="enabled", active="failed", sub="failed", result="exit-code", log=("No module named x",)
)
NAME = "ops/app.service"


def having(service: UserService | None, *known: str) -> State:
    return state_with(UserServices, {NAME: service} if service else {}, *known)


def failure(upgraded: State, rebooted: State, before: UserService = RUNS) -> str:
    with pytest.raises(AssertionError) as caught:
        check(having(before), upgraded, having(before), rebooted)
    return str(caught.value)


def test_a_service_that_fails_after_a_boot_is_named_with_its_last_lines() -> None:
    found = failure(having(RUNS), having(FAILED))
    assert "after a boot: app.service of the user ops is failed (failed, exit-code)" in found
    assert "No module named x" in found


def test_a_service_that_fails_in_upgraded_is_named() -> None:
    assert failure(having(FAILED), having(RUNS)).startswith("app.service of the user ops is failed")


def test_a_service_whose_systemd_does_not_run_is_named() -> None:
    assert "app.service of the user ops is not known to the systemd" in failure(
        having(RUNS), having(None)
    )


def test_what_runs_as_before_and_what_is_expected_passes() -> None:
    check(having(RUNS), having(RUNS), having(RUNS), having(RUNS))
    known = f"user_services/{NAME}"
    check(having(RUNS), having(RUNS), having(RUNS), having(FAILED, f"{known}/active"))
    check(having(RUNS), having(RUNS), having(RUNS), having(None, known))


def test_a_machine_without_such_services_has_nothing_to_check() -> None:
    with pytest.raises(pytest.skip.Exception):
        check(having(FAILED), having(FAILED), having(FAILED), having(FAILED))
