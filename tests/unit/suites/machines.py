"""Machines for the tests of checks that run scripts on a clone."""

from __future__ import annotations

import subprocess
from typing import Any

from upgradeproof.command import Completed


def printed(text: bytes) -> Completed:
    """Return what a script ended with that succeeded."""
    return Completed(command="", exit_status=0, stdout=text, stderr=b"", duration_s=0.0)


class PrintingMachine:
    """A machine that prints a text for each script that contains a word, and records them all."""

    def __init__(self, text: str, word: str = "") -> None:
        self._text, self._word = text, word
        self.scripts: list[str] = []

    def run(self, script: str, **_: Any) -> Completed:
        self.scripts.append(script)
        return printed(self._text.encode() if self._word in script else b"")


class LocalMachine:
    """A machine that runs scripts on this host, where some texts of a script mean others here.

    In what a script prints, they are replaced back.
    """

    def __init__(self, **here: object) -> None:
        self._here = {there.replace("__", "/"): str(path) for there, path in here.items()}

    def run(self, script: str, **_: Any) -> Completed:
        for there, path in self._here.items():
            script = script.replace(there, path)
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True)
        text = done.stdout
        for there, path in self._here.items():
            text = text.replace(path.encode(), there.encode())
        return printed(text)
