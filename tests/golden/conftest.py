"""Golden files: `UPDATE_GOLDEN=1 pytest tests/golden` writes them again; then review the diff."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def is_golden() -> Callable[[str, str], bool]:
    """Return a function that checks that a text is the content of the golden file of a name."""

    def judge(text: str, name: str) -> bool:
        golden = HERE / name
        if os.environ.get("UPDATE_GOLDEN"):
            golden.write_text(text, encoding="utf-8")
        assert golden.is_file(), f"{golden} is missing: UPDATE_GOLDEN=1 pytest tests/golden"
        assert text == golden.read_text(encoding="utf-8")
        return True

    return judge
