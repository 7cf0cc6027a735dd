"""Every check of the suites fails in at least one of their tests: a check that can't fail proves
nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NEEDS_A_MACHINE: dict[str, str] = {}
"""Checks that no spoiled fact can fail, each with the reason and the test that fails it instead."""


def checks() -> set[str]:
    """Return the ids of all checks of the suites."""
    return {
        f"{file.stem}::{node.name}"
        for file in ROOT.glob("suites/test_*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Run the tests of the suites in a process of their own, and return which checks failed."""
    found = tmp_path_factory.mktemp("kills") / "kills"
    words = ["-q", "-p", "no:cacheprovider", "-p", "tests.unit.suites.kills", f"--kills={found}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, f"--ignore={__file__}", "tests/unit/suites"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return set(found.read_text(encoding="utf-8").split())


def test_every_check_fails_in_a_test_of_its_suite(killed: set[str]) -> None:
    survivors = checks() - killed - NEEDS_A_MACHINE.keys()
    assert not survivors, (
        "no test makes these checks fail: add a row to tests/unit/suites/spoils.py, or a test that"
        f" spoils what they read: {sorted(survivors)}"
    )


def test_no_check_is_excused_without_need(killed: set[str]) -> None:
    assert not NEEDS_A_MACHINE.keys() & killed
    assert NEEDS_A_MACHINE.keys() <= checks()
    assert all(NEEDS_A_MACHINE.values())
