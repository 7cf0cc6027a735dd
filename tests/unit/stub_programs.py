"""Run a daemon's command with a stub in place of the program that it calls."""

from __future__ import annotations

import subprocess
from pathlib import Path


def with_stub(folder: Path, name: str, body: str, command: str) -> subprocess.CompletedProcess[str]:
    """Write a program of the shell into a folder that is first in PATH, and run a command."""
    stub = folder / name
    stub.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    stub.chmod(0o755)
    return subprocess.run(
        ["/bin/sh", "-c", f"PATH={folder}:$PATH; {command}"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
