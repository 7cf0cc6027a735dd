"""An administrator's login with a key for one login, which is removed afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.runner.fakes import IMAGE, FolderMachine
from upgradeproof import administrator
from upgradeproof.command import Completed
from upgradeproof.endpoints import ask
from upgradeproof.machines import MachineSpec
from upgradeproof.plan import Endpoint
from upgradeproof.results import Fidelity

SPEC = MachineSpec(snapshot=IMAGE, name="thing-main-1", architecture="amd64", ports=(22,))
ENDPOINT = Endpoint.model_validate(
    {"id": "login", "kind": "ssh", "port": 22, "send": "whoami", "contains": "root"}
)
# A fake ssh: it prints the mode and the first line of the key, and the command.
SSH = """#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" != -i ] || key=$2; shift; done
stat -c 'key %a' "$key"; head -n 1 "$key"; echo "ran $1 as root"; exit {status}
"""


class LoginMachine(FolderMachine):
    """A machine with a published port; it stores the authorised keys in a list."""

    def __init__(self, disk: Path) -> None:
        disk.mkdir()
        super().__init__(SPEC, disk, Fidelity(kernel="own", execution="tcg"))
        self.keys: list[str] = []

    def published(self, port: int) -> int:
        return 2222

    def run(self, script: str, *, stdin: bytes = b"", **_: object) -> Completed:
        if stdin:
            self.keys.append(stdin.decode())
        else:
            mark = script.split("/ ")[1].split("$/", maxsplit=1)[0]
            self.keys = [line for line in self.keys if not line.endswith(f" {mark}\n")]
        return Completed(command=script, exit_status=0, stdout=b"", stderr=b"", duration_s=0.0)


@pytest.fixture
def machine(tmp_path: Path) -> LoginMachine:
    return LoginMachine(tmp_path / "disk")


def ssh(folder: Path, monkeypatch: pytest.MonkeyPatch, status: int = 0) -> None:
    program = folder / "ssh"
    program.write_text(SSH.format(status=status), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_the_command_runs_with_a_key_that_only_its_owner_can_read(
    machine: LoginMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh(tmp_path, monkeypatch)
    done = administrator.log_in(machine, 2222, "whoami")
    assert done.text.splitlines() == [
        "key 600",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "ran whoami as root",
    ]


def test_the_key_is_removed_from_the_machine(
    machine: LoginMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh(tmp_path, monkeypatch)
    machine.keys.append("ssh-ed25519 AAAA ada\n")
    administrator.log_in(machine, 2222, "whoami")
    assert machine.keys == ["ssh-ed25519 AAAA ada\n"]


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
