"""Fixtures of the reports' tests: the example, as text of both reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.render.example import example_run, write_transcripts
from upgradeproof.render import write_page
from upgradeproof.results import Run


@pytest.fixture
def run() -> Run:
    return example_run()


@pytest.fixture
def page(run: Run, tmp_path: Path) -> str:
    write_transcripts(tmp_path, run)
    return write_page(run, tmp_path).read_text(encoding="utf-8")
