"""Lighthouse's sources: they have types, and run with the Python of the oldest system."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from tests.packaging.lighthouse.conftest import Unpacked
from upgradeproof.command import run

OLDEST = (3, 9)
"""The Python of Debian 11."""


def modules(folder: Path) -> list[Path]:
    return sorted((folder / "usr/lib/lighthouse/lighthouse").glob("*.py"))


def test_they_are_written_for_the_oldest_python(unpacked: Unpacked) -> None:
    for path in modules(unpacked("1.2.8")):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=OLDEST)


def test_they_are_typed(unpacked: Unpacked, tmp_path: Path) -> None:
    settings = tmp_path / "mypy.ini"
    settings.write_text("[mypy]\nstrict = true\n", encoding="utf-8")
    argv = [sys.executable, "-m", "mypy", "--config-file", str(settings), "--no-incremental"]
    argv += ["--package", "lighthouse"]
    there = unpacked("1.2.8") / "usr/lib/lighthouse"
    done = run(argv, timeout_s=120, env={"MYPYPATH": str(there)}, cwd=tmp_path, check=False)
    assert done.ok, done.tail
    assert f"no issues found in {len(modules(unpacked('1.2.8')))} source files" in done.text
