"""A plugin of pytest that records which checks of the suites fail in a run of other tests.

    pytest -p tests.unit.suites.kills --kills=FILE tests/unit/suites

A check is killed when an AssertionError leaves it. A trace function sees that without a change of
the check, however a test calls it: from a table, by name, or as an argument.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

import suites

FOLDER = str(Path(suites.__file__).parent)
KILLED: set[str] = set()


@cache
def check_of(code: CodeType) -> str | None:
    """Return the id of the check that a code is of; None: it is of something else."""
    if not code.co_name.startswith("test_") or not code.co_filename.startswith(FOLDER):
        return None
    return f"{Path(code.co_filename).stem}::{code.co_name}"


def trace(frame: FrameType, event: str, _: Any) -> Any:
    """Follow the checks alone: of all other frames only the call is seen."""
    if event != "call" or not (check := check_of(frame.f_code)):
        return None
    frame.f_trace_lines = False

    def record(_: FrameType, event: str, argument: Any) -> Any:
        if event == "exception" and issubclass(argument[0], AssertionError):
            KILLED.add(check)
        return record

    return record


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=Path, help="where to write the checks that failed")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Iterator[None]:
    sys.settrace(trace)
    try:
        return (yield)
    finally:
        sys.settrace(None)


def pytest_sessionfinish(session: pytest.Session) -> None:
    file: Path | None = session.config.getoption("--kills")
    if file:
        file.write_text("".join(f"{check}\n" for check in sorted(KILLED)), encoding="utf-8")
