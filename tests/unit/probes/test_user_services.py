"""The services of users' own systemd: its output, and what is left out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.probes.test_scripts import output
from upgradeproof.probes import Facts, ProbeInputs, diff
from upgradeproof.probes.user_services import UserService, UserServices

SHOWN = """
Id=app.service
FragmentPath=/home/ops/.config/systemd/user/app.service
UnitFileState=enabled
ActiveState=failed
SubState=failed
Result=exit-code
NRestarts=5

Id=dbus.socket
FragmentPath=/usr/lib/systemd/user/dbus.socket
ActiveState=active

Id=gone.service
FragmentPath=
ActiveState=active

Id=local.timer
FragmentPath=/etc/systemd/user/local.timer
UnitFileState=enabled
ActiveState=active
SubState=waiting
"""


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_units_of_packages_and_without_a_file_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linger = tmp_path / "linger"
    linger.mkdir()
    (linger / "root").touch()
    (linger / "no-such-user").touch()
    (tmp_path / "shown").write_text(SHOWN.lstrip())
    program(tmp_path, "runuser", f"cat {tmp_path}/shown")
    program(tmp_path, "journalctl", "echo boom; echo; printf 'a\\tb\\n'")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    script = UserServices.script(ProbeInputs()).replace("/var/lib/systemd/linger", str(linger))
    found = UserServices.parse(output(script), ProbeInputs())
    assert found.keys() == {"root/app.service", "root/local.timer"}
    app = found["root/app.service"]
    assert (app.active, app.result, app.restarts, app.enabled) == (
        "failed",
        "exit-code",
        5,
        "enabled",
    )
    assert app.log == ("boom", "", "a\tb")
    assert found["root/local.timer"].runs


def facts(**app: str) -> Facts:
    return Facts({"user_services": {"ops/app.service": UserService.model_validate(app)}})


def test_what_was_not_up_before_may_fail_otherwise_and_what_was_up_may_not() -> None:
    for state, explained in (("failed", True), ("active", False)):
        before, after = facts(active=state, sub="old"), facts(active="failed", sub="new")
        reasons = [UserServices.explain(line, before, after) for line in diff(before, after)]
        assert reasons, state
        assert all(reasons) is explained
