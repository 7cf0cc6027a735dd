"""`init PACKAGE...` and `try`: wrong input is one clear error, and nothing is written."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.plugin.project import IMAGE, ROOT
from upgradeproof.cli.interrupting import interruptible

__all__ = ["upgradeproof"]

OWN = ("example-1", "example-2", "other-2")
IMAGES = ", ".join(sorted([*OWN, *(path.stem for path in (ROOT / "images").glob("*.toml"))]))
RELEASES = ("--from", "example-1", "--to", "example-2")
NO_RELEASE = "To do: `upgradeproof doctor` lists the images; each is a file in images/\n"


@pytest.fixture(autouse=True)
def images(tmp_path: Path) -> None:
    """Two releases of one distribution, and one of another."""
    folder = tmp_path / "images"
    folder.mkdir()
    second = IMAGE.replace("first", "second")
    (folder / "example-1.toml").write_text(IMAGE)
    (folder / "example-2.toml").write_text(second)
    (folder / "other-2.toml").write_text(second.replace('family = "example"', 'family = "other"'))


def written(folder: Path) -> list[str]:
    """Return the names in a folder, without the images and the cache."""
    return sorted(path.name for path in folder.iterdir() if path.name not in ("images", "cache"))


@pytest.mark.parametrize("verb", ["init", "try"])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("web",),
            (
                "--from and --to are missing\n"
                f"releases: {IMAGES}\n"
                "To do: name the release that the packages are on, and the one to upgrade to\n"
            ),
        ),
        (
            ("web", "--from", "example-1"),
            (
                "--to is missing\n"
                f"releases: {IMAGES}\n"
                "To do: name the release that the packages are on, and the one to upgrade to\n"
            ),
        ),
        (
            ("web", "--from", "exampel-1", "--to", "example-2"),
            f"there is no release 'exampel-1'; did you mean 'example-1'?\n{NO_RELEASE}",
        ),
        (
            ("web", "--from", "example-1", "--to", "example-1"),
            (
                "--from and --to are both example-1: there is nothing to upgrade\n"
                "To do: name the release to upgrade to with --to\n"
            ),
        ),
        (
            ("web", "--from", "example-1", "--to", "other-2"),
            (
                "example-1 is example and other-2 is other: no upgrade leads from one to the"
                " other\n"
                "To do: name two releases of one distribution\n"
            ),
        ),
        (
            ("Web.deb", *RELEASES),
            (
                "'Web.deb' is no name of a package\n"
                "To do: write the name alone, in lower case: no version, no suite, no file\n"
            ),
        ),
    ],
)
def test_a_wrong_command_is_one_error(
    upgradeproof: Command, tmp_path: Path, verb: str, words: tuple[str, ...], message: str
) -> None:
    assert upgradeproof(verb, *words) == CommandResult(2, "", f"upgradeproof: {message}")
    assert written(tmp_path) == []


@pytest.mark.parametrize("verb", ["init", "try"])
def test_without_an_engine_nothing_is_written(
    upgradeproof: Command,
    tmp_path: Path,
    verb: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    result = upgradeproof(verb, "web", *RELEASES)
    assert (result.status, result.out) == (5, "")
    first, *_, last = result.err.splitlines()
    assert first == "upgradeproof: no Docker engine answers"
    assert last == "To do: `make setup` starts one; or set DOCKER_HOST to an engine that runs"
    assert written(tmp_path) == []
    assert [path for path in folder.iterdir() if path.name.startswith("upgradeproof-try-")] == []


def test_an_existing_folder_is_an_error_before_a_machine_is_started(
    upgradeproof: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "products" / "web"
    folder.mkdir(parents=True)
    assert upgradeproof("init", "web", *RELEASES) == CommandResult(
        2,
        "",
        f"upgradeproof: {folder} already exists, and nothing was written\n"
        "To do: remove it, or choose another name\n",
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("words", [RELEASES, ("--name", "web")])
def test_releases_without_a_package_are_an_error(
    upgradeproof: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert upgradeproof("init", *words) == CommandResult(
        2,
        "",
        "upgradeproof: --from, --to and --name go with packages, and none is named\n"
        "To do: `upgradeproof init PACKAGE... --from RELEASE --to RELEASE`\n",
    )
    assert written(tmp_path) == []


def test_init_without_a_package_writes_the_starter(upgradeproof: Command, tmp_path: Path) -> None:
    assert upgradeproof("init").status == 0
    assert written(tmp_path) == ["test_upgrade.py", "upgrade.toml"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_is_printed_without_a_traceback(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    def verb() -> int:
        os.kill(os.getpid(), number)
        return 0

    before = signal.getsignal(signal.SIGTERM)
    assert interruptible(verb, "nothing was written") == 130
    assert capsys.readouterr().err == "upgradeproof: interrupted: nothing was written\n"
    assert signal.getsignal(signal.SIGTERM) == before
