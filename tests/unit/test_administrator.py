"""An administrator's login with a key for one login, which is removed afterwards."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from tests.unit.runner.fakes import IMAGE, FolderMachine
from upgradeproof import administrator
from upgradeproof.endpoints import ask
from upgradeproof.machines import MachineSpec
from upgradeproof.plan import Endpoint
from upgradeproof.results import Fidelity

SPEC = MachineSpec(snapshot=IMAGE, name="thing-main-1", architecture="amd64", ports=(22,))
USER = pwd.getpwuid(os.getuid()).pw_name
ENDPOINT = Endpoint.model_validate(
    {"id": "login", "kind": "ssh", "port": 22, "user": USER, "send": "whoami", "contains": "root"}
)
# A fake ssh: it prints the mode and the first line of the key, and the command.
SSH = """#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" != -i ] || key=$2; shift; done
stat -c 'key %a' "$key"; head -n 1 "$key"; echo "ran $1 as root"; {then}
exit {status}
"""


GETENT = """#!/bin/sh
echo "$2:x:0:0::{home}:/bin/sh"
"""
ADA = b"ssh-ed25519 AAAA ada"


class LoginMachine(FolderMachine):
    """A machine with a published port, whose users have the folder of its disk as home."""

    def __init__(self, disk: Path) -> None:
        disk.mkdir()
        super().__init__(SPEC, disk, Fidelity(kernel="own", execution="tcg"))
        self.keys = disk / ".ssh/authorized_keys"

    def published(self, port: int) -> int:
        return 2222


@pytest.fixture
def machine(tmp_path: Path) -> LoginMachine:
    return LoginMachine(tmp_path / "disk")


def ssh(folder: Path, monkeypatch: pytest.MonkeyPatch, status: int = 0, then: str = "") -> None:
    getent = GETENT.format(home=folder / "disk")
    for name, text in (("ssh", SSH.format(status=status, then=then)), ("getent", getent)):
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_the_command_runs_with_a_key_that_only_its_owner_can_read(
    machine: LoginMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh(tmp_path, monkeypatch)
    done = administrator.log_in(machine, 2222, "whoami", USER)
    assert done.text.splitlines() == [
        "key 600",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "ran whoami as root",
    ]


@pytest.mark.parametrize("before", [b"", ADA, ADA + b"\n", b"# mine\n\n" + ADA])
def test_the_key_has_a_line_of_its_own_and_the_file_is_restored(
    machine: LoginMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes
) -> None:
    machine.keys.parent.mkdir()
    machine.keys.write_bytes(before)
    ssh(tmp_path, monkeypatch, then=f"cp {machine.keys} {tmp_path}/during")
    administrator.log_in(machine, 2222, "whoami", USER)
    *others, added = (tmp_path / "during").read_bytes().splitlines()
    assert others == before.splitlines()
    assert added.startswith(b"ssh-ed25519 ")
    assert machine.keys.read_bytes() == before


@pytest.mark.parametrize("folder", [True, False])
def test_what_did_not_exist_before_a_login_does_not_exist_afterwards(
    machine: LoginMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: bool
) -> None:
    if folder:
        machine.keys.parent.mkdir()
    ssh(tmp_path, monkeypatch, then=f"cp {machine.keys} {tmp_path}/during")
    administrator.log_in(machine, 2222, "whoami", USER)
    assert (tmp_path / "during").read_bytes().endswith(b"\n")
    assert [machine.keys.exists(), machine.keys.parent.exists()] == [False, folder]


def test_a_login_during_another_one_restores_the_file_too(
    machine: LoginMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.keys.parent.mkdir()
    machine.keys.write_bytes(ADA)
    ssh(tmp_path, monkeypatch, then=f"printf '\\nssh-ed25519 BBBB bob' >>{machine.keys}")
    administrator.log_in(machine, 2222, "whoami", USER)
    assert machine.keys.read_bytes() == ADA + b"\nssh-ed25519 BBBB bob"


def test_an_endpoint_of_kind_ssh_logs_in(
    machine: LoginMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh(tmp_path, monkeypatch)
    assert ask(machine, ENDPOINT, 22).fits(ENDPOINT)


def test_a_login_that_fails_is_an_answer_with_a_problem(
    machine: LoginMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh(tmp_path, monkeypatch, status=255)
    answer = ask(machine, ENDPOINT, 22)
    assert not answer.fits(ENDPOINT)
    assert "ran whoami" in answer.problem


def test_an_endpoint_of_kind_ssh_needs_a_command() -> None:
    with pytest.raises(ValueError, match="needs a command in `send`"):
        Endpoint.model_validate({"id": "login", "kind": "ssh", "port": 22})
