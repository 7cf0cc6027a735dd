"""Each change that a user notices is one sentence in a file of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRAGMENTS = sorted(path for path in (ROOT / "changes").iterdir() if path.name != "README.md")
TYPES = [
    each["directory"]
    for each in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]["type"]
]
NAME = re.compile(rf"(?:\+[a-z0-9-]+|[0-9]+)\.(?:{'|'.join(TYPES)})(?:\.[0-9]+)?\.md")


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_fragment_is_one_sentence_of_a_known_type(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert NAME.fullmatch(path.name)
    assert re.fullmatch(r"[A-Z`][^\n]+[^.]\.\n", text)
    assert not re.search(r"\. [A-Z]", text)


def test_towncrier_reads_every_fragment() -> None:
    argv = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "1.0"]
    done = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True)
    assert [p.name for p in FRAGMENTS if p.read_text().strip() not in done.stdout] == []
