"""The command line, run in this process, and an example project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.plan.texts import write
from tests.unit.plugin.project import IMAGE
from upgradeproof.cli import main


@dataclass(frozen=True)
class CommandResult:
    """The exit status of a command and its output."""

    status: int
    out: str
    err: str


Command = Callable[..., CommandResult]


@pytest.fixture
def upgradeproof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return the command, run in an empty folder on a host without an engine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    monkeypatch.setenv("UPGRADEPROOF_CACHE", str(tmp_path / "cache"))

    def command(*words: str) -> CommandResult:
        status = main(words)
        captured = capsys.readouterr()
        return CommandResult(status, captured.out, captured.err)

    return command


def project(folder: Path) -> None:
    """Make a folder with a plan and an image."""
    (folder / "images").mkdir()
    (folder / "images" / "example-1.toml").write_text(IMAGE)
    write(folder)
