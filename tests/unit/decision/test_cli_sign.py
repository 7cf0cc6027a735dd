"""`upgradeproof sign` and `upgradeproof verify`."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.decision.signed import allow, decided_folder, make_key
from upgradeproof.decision.keys import fingerprint, open_signer

__all__ = ["upgradeproof"]


def test_sign_and_verify(upgradeproof: Command, tmp_path: Path) -> None:
    key = make_key(tmp_path / "ada")
    signers = allow(tmp_path / "signers", key)
    name = fingerprint(open_signer(key).blob)
    folder = decided_folder(tmp_path)
    assert upgradeproof("sign", "out", "--key", "ada") == CommandResult(
        0, f"signed by {name}: out/SHA256SUMS.sig\n", ""
    )
    words = ("verify", "out", "--signers", str(signers))
    assert upgradeproof(*words) == CommandResult(
        0,
        "verified: GO for run run1, decided at 2026-01-02T00:00:00+00:00\n"
        f"signed by ada@example.org, key {name}\n",
        "",
    )
    (folder / "summary.md").write_text("all is well")
    assert upgradeproof(*words, "--threshold", "2") == CommandResult(
        1,
        "summary.md was edited: its sum is not the one in SHA256SUMS\n"
        "signed by 1 allowed signers, and 2 are needed\n"
        "NOT VERIFIED\n",
        "",
    )


def test_sign_without_a_decision_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    make_key(tmp_path / "ada")
    (decided_folder(tmp_path) / "decision.json").unlink()
    assert upgradeproof("sign", "out", "--key", "ada") == CommandResult(
        4,
        "",
        "upgradeproof: out/decision.json: there is no decision\n"
        "To do: `upgradeproof decide` makes it\n",
    )


def test_a_key_of_another_type_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    make_key(tmp_path / "ada", kind="ecdsa")
    decided_folder(tmp_path)
    done = upgradeproof("sign", "out", "--key", "ada")
    assert (done.status, done.out) == (5, "")
    assert "only ssh-ed25519 can sign a decision" in done.err


def package(folder: Path, text: str) -> Path:
    """Build the package thing 2.0-1 with a text in it."""
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True, exist_ok=True)
    (tree / "DEBIAN" / "control").write_text(
        f"Package: thing\nVersion: 2.0-1\nArchitecture: all\nMaintainer: a\nDescription: {text}\n"
    )
    path = folder / f"{text}.deb"
    argv = ["dpkg-deb", "--build", "--root-owner-group", str(tree), str(path)]
    subprocess.run(argv, check=True, capture_output=True)
    return path


def test_a_package_is_named_by_its_sum(upgradeproof: Command, tmp_path: Path) -> None:
    signers = allow(tmp_path / "signers", make_key(tmp_path / "ada"))
    decided_folder(tmp_path)
    tested, other = (str(package(tmp_path, text)) for text in ("tested", "other"))
    assert upgradeproof("sign", "out", "--key", "ada", "--package", tested).status == 0
    words = ("verify", "out", "--signers", str(signers), "--package")
    done = upgradeproof(*words, tested)
    assert done.status == 0
    assert "\nabout thing_2.0-1_all.deb, SHA-256 " in done.out
    assert upgradeproof(*words, other) == CommandResult(
        1, "thing_2.0-1_all.deb: the statements do not name this file\nNOT VERIFIED\n", ""
    )
