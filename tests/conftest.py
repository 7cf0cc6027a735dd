"""The configuration of every test run."""

import signal
from collections.abc import Sequence

import pytest

from upgradeproof.plugin.parameters import MARKS

# A shell starts background jobs with SIGINT ignored, and their child processes inherit this.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks of the packaged suites: tests import the suites without a plan."""
    for mark in MARKS:
        config.addinivalue_line("markers", mark)


# The files of tests/machines that take more than two minutes, the slowest first.
SLOWEST = ("test_tutorial.py", "test_capture.py", "test_adoption.py", "test_observe.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slowest files first: the last one to start decides when the other worker idles."""
    items.sort(key=lambda item: _position(item.path.name, SLOWEST))


def _position(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)
