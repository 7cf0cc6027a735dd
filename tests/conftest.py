"""What every test starts from."""

import signal

import pytest

from upgradeproof.plugin.parameters import MARKS

# A shell starts a job in the background with SIGINT ignored, and all its children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks of the packaged suites, which tests import where there is no plan."""
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
