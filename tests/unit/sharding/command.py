"""The command `upgradeproof` in this process, in the folder of a project."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from tests.unit.command_line import CommandResult
from upgradeproof.cli import main


def upgradeproof_in(folder: Path, *words: str) -> CommandResult:
    """Run the command and return what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        status = main(words)
    return CommandResult(status, out.getvalue(), err.getvalue())
