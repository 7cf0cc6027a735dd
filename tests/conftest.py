"""The configuration of every test run."""

import signal

import pytest

from upgradeproof.plugin.parameters import MARKS

# A shell starts background jobs with SIGINT ignored, and their child processes inherit this.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks of the packaged suites: tests import the suites without a plan."""
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
