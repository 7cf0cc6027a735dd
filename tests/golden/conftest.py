"""Golden files: `UPDATE_GOLDEN=1 pytest tests/golden` writes them anew; read the diff then."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def is_golden() -> Callable[[str, str], bool]:
    """Return a judge: is this text what the golden file of that name holds?"""

    def judge(text: str, name: str) -> bool:
        golden = HERE / name
        if os.environ.get("UPDATE_GOLDEN"):
            golden.write_text(text, encoding="utf-8")
        assert golden.is_file(), f"{golden} is missing: UPDATE_GOLDEN=1 pytest tests/golden"
        assert text == golden.read_text(encoding="utf-8")
        return True

    return judge
