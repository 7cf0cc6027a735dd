"""A key that can't sign is one clear error; an ssh-agent signs for a key with a passphrase."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.decision.signed import allow, decided_folder, make_key
from upgradeproof.decision.agent import MAX_MESSAGE
from upgradeproof.decision.keys import open_signer
from upgradeproof.decision.signers import load_signers
from upgradeproof.decision.signing import sign
from upgradeproof.decision.verifying import verify
from upgradeproof.errors import PlanError, SigningError

PASSPHRASE = "correct horse"


@pytest.fixture(autouse=True)
def no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield the socket of an ssh-agent without a key."""
    path = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it is printed as soon as the socket exists
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        yield path
        process.terminate()


def add(key: Path, folder: Path) -> None:
    """Add a key to the agent; a program types its passphrase."""
    ask = folder / "ask"
    ask.write_text(f"#!/bin/sh\necho '{PASSPHRASE}'\n")
    ask.chmod(0o700)
    environment = {**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
    subprocess.run(["ssh-add", "-q", str(key)], env=environment, check=True)


def refusal(path: Path) -> str:
    with pytest.raises(SigningError) as error:
        open_signer(path)
    return str(error.value)


def test_a_key_with_a_passphrase_and_no_agent(tmp_path: Path) -> None:
    key = make_key(tmp_path / "ada", passphrase=PASSPHRASE)
    assert refusal(key) == (
        f"the key {key} can't be used: it has a passphrase or is the public half, and no ssh-agent "
        f"runs\nTo do: start an agent (eval $(ssh-agent)), then ssh-add {key}"
    )


def test_only_the_public_half_has_another_name_than_its_key(tmp_path: Path) -> None:
    key = make_key(tmp_path / "release.key", passphrase=PASSPHRASE)
    for path in (key, key.with_name("release.key.pub")):
        assert refusal(path).endswith(f"then ssh-add {key}")


def test_a_key_that_the_agent_does_not_hold(tmp_path: Path, agent: Path) -> None:
    key = make_key(tmp_path / "ada", passphrase=PASSPHRASE)
    assert "and the ssh-agent does not hold it" in refusal(key)


def test_an_agent_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "gone"))
    key = make_key(tmp_path / "ada", passphrase=PASSPHRASE)
    assert refusal(key) == (
        f"the ssh-agent at {tmp_path}/gone does not answer: No such file or directory\n"
        "To do: start an agent: eval $(ssh-agent)"
    )


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_a_key_of_another_type(tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path / "ada", kind=kind)
    assert f"the key {key} is of the type " in refusal(key)
    assert refusal(key).endswith(
        ", and only ssh-ed25519 can sign a decision\nTo do: make a key: ssh-keygen -t ed25519"
    )


def test_a_key_of_another_type_with_a_passphrase(tmp_path: Path) -> None:
    key = make_key(tmp_path / "ada", kind="ecdsa", passphrase=PASSPHRASE)
    assert f"the key {key} is of the type ecdsa-sha2-nistp256" in refusal(key)


def test_a_file_that_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nno\n")
    assert refusal(tmp_path / "a").startswith(f"{tmp_path}/a is no private key of OpenSSH")
    (tmp_path / "b").write_text("hello")
    assert refusal(tmp_path / "b").startswith(f"{tmp_path}/b is no key of OpenSSH")
    assert refusal(tmp_path / "c").startswith(f"the key {tmp_path}/c can't be read")


@pytest.mark.parametrize("name", ["ada", "ada.pub"])
def test_an_agent_signs_for_a_key_with_a_passphrase(tmp_path: Path, agent: Path, name: str) -> None:
    key = make_key(tmp_path / "ada", passphrase=PASSPHRASE)
    add(key, tmp_path)
    folder = decided_folder(tmp_path)
    sign(folder, open_signer(tmp_path / name))
    assert verify(folder, allow(tmp_path / "signers", key)).problems == ()


def test_data_beyond_the_limit_of_the_agent_is_one_clear_error(tmp_path: Path, agent: Path) -> None:
    key = make_key(tmp_path / "ada", passphrase=PASSPHRASE)
    add(key, tmp_path)
    with pytest.raises(SigningError, match="the ssh-agent signs 256 KiB at most"):
        open_signer(key).sign(bytes(MAX_MESSAGE))


def test_a_wrong_line_of_the_allowed_signers_is_named(tmp_path: Path) -> None:
    path = allow(tmp_path / "signers", make_key(tmp_path / "ada"))
    path.write_text(path.read_text() + "ada\n")
    with pytest.raises(PlanError, match=rf"{path}:4: this is no allowed signer"):
        load_signers(path)


def test_allowed_signers_have_options_and_names(tmp_path: Path) -> None:
    options = 'namespaces="git,file",valid-after="202601020304Z"'
    path = allow(tmp_path / "signers", make_key(tmp_path / "ada"), options=options)
    (signer,) = load_signers(path)
    assert (signer.name, signer.namespaces) == ("ada@example.org", ("git", "file"))
    assert signer.valid_after is not None
    assert signer.valid_after.isoformat() == "2026-01-02T03:04:00+00:00"


def test_a_file_without_a_key_that_can_sign_is_an_error(tmp_path: Path) -> None:
    path = allow(tmp_path / "signers", make_key(tmp_path / "ada", kind="rsa"))
    with pytest.raises(PlanError, match="lists no key of the type ssh-ed25519"):
        load_signers(path)
