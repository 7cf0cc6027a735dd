"""Repositories are signed by a key of this cache, which no other user can read."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from upgradeproof.command import Completed, run
from upgradeproof.errors import ProgramError
from upgradeproof.packaging.signing import Signer


def checked(signed: bytes, key: bytes, folder: Path) -> Completed:
    """Verify by gpgv, as APT does, that a key has signed a text."""
    (folder / "signed").write_bytes(signed)
    (folder / "key.gpg").write_bytes(key)
    argv = ["gpgv", "--keyring", str(folder / "key.gpg"), str(folder / "signed")]
    return run(argv, timeout_s=30, check=False)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """Return a signer whose key does not exist yet."""
    return Signer(tmp_path / "key")


def test_the_key_has_signed_the_text(signer: Signer, tmp_path: Path) -> None:
    done = checked(signer.sign("Origin: thing\n"), signer.public(), tmp_path)
    assert done.ok, done.tail


def test_another_key_has_not(signer: Signer, tmp_path: Path) -> None:
    other = Signer(tmp_path / "other").public()
    assert not checked(signer.sign("Origin: thing\n"), other, tmp_path).ok


def test_a_changed_text_is_not_signed(signer: Signer, tmp_path: Path) -> None:
    signed = signer.sign("Origin: thing\n").replace(b"thing", b"bling")
    assert not checked(signed, signer.public(), tmp_path).ok


def test_the_key_is_made_once_and_only_its_owner_can_read_it(
    signer: Signer, tmp_path: Path
) -> None:
    assert signer.public() == Signer(tmp_path / "key").public()
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "key" / "secret.asc").stat().st_mode & 0o777 == 0o600


def test_a_long_cache_path_is_no_obstacle(tmp_path: Path) -> None:
    """The sockets of GnuPG's agent may not have paths of more than 107 characters."""
    assert Signer(tmp_path / ("a" * 100) / "key").sign("text")


def test_no_agent_and_no_keyring_are_left(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="upgradeproof-test-", dir="/tmp") as scratch:
        Signer(tmp_path / "key", Path(scratch)).sign("text")
        assert list(Path(scratch).iterdir()) == []
        assert scratch not in run(["ps", "-eo", "args"], timeout_s=10).text


def test_without_gpg_the_package_is_named(
    signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "gpg-agent").symlink_to(str(shutil.which("gpg-agent")))
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(ProgramError) as caught:
        signer.sign("text")
    assert str(caught.value) == (
        "gpg is not installed: this host can't sign a repository\nTo do: apt-get install gnupg"
    )
