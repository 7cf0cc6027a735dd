"""The verbs for own packages: they are built and listed, or there is one clear error."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packaging.conftest import BUILD
from tests.unit.plugin.project import IMAGE
from upgradeproof.cli import main

PLAN = """
name = "thing"
[[release]]
name = "1"
[[release]]
name = "2"
[packages]
sources = "sources"
build = ["sh", "build.sh"]
programs = { sparc64-linux-gnu-gcc = "gcc-sparc64-linux-gnu" }
[[install]]
step = "apt-repository"
[[upgrade]]
from = "1"
to = "2"
platforms = ["*"]
[[upgrade.steps]]
step = "apt-repository"
"""
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def upgradeproof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return the command, run in a folder with a product whose compiler is missing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UPGRADEPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "example-1.toml").write_text(IMAGE, encoding="utf-8")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "build.sh").write_text(f"set -e\n{BUILD}", encoding="utf-8")
    (tmp_path / "upgrade.toml").write_text(PLAN, encoding="utf-8")

    def command(*words: str) -> tuple[int, str, str]:
        status = main(words)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return command


def without_the_missing_program(folder: Path) -> None:
    plan = [line for line in PLAN.splitlines() if not line.startswith("programs")]
    (folder / "upgrade.toml").write_text("\n".join(plan), encoding="utf-8")


def test_every_package_is_listed_with_its_checksum(upgradeproof: Command, tmp_path: Path) -> None:
    without_the_missing_program(tmp_path)
    status, out, err = upgradeproof("packages")
    assert (status, err) == (0, "")
    lines = [line.split("  ") for line in out.splitlines()]
    assert [Path(path).name for _, path in lines] == ["thing_1_all.deb", "thing_2_all.deb"]
    assert [sum_ for sum_, _ in lines] == [
        hashlib.sha256(Path(path).read_bytes()).hexdigest() for _, path in lines
    ]


def test_built_packages_are_removed_with_the_states(upgradeproof: Command, tmp_path: Path) -> None:
    without_the_missing_program(tmp_path)
    upgradeproof("packages")
    assert [*tmp_path.glob("cache/packages/built/*")]
    upgradeproof("prune", "--states")
    assert not [*tmp_path.glob("cache/packages/built/*")]


def test_an_unknown_product_is_an_error(upgradeproof: Command) -> None:
    assert upgradeproof("packages", "thingy") == (
        2,
        "",
        "upgradeproof: no product with own packages fits; did you mean 'thing'?\n",
    )


MISSING = "sparc64-linux-gnu-gcc is not installed: this host can't "


def test_the_error_of_a_missing_program_names_its_package(upgradeproof: Command) -> None:
    advice = "To do: apt-get install gcc-sparc64-linux-gnu\n"
    error = f"upgradeproof: {MISSING}build its packages\n{advice}"
    assert upgradeproof("packages") == (5, "", error)


def test_the_doctor_prints_the_missing_program(upgradeproof: Command) -> None:
    _, out, _ = upgradeproof("doctor")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert f"can't packages thing {MISSING}build and publish packages" in lines
    assert "to do for packages thing:" in lines
    assert "apt-get install gcc-sparc64-linux-gnu" in lines
