"""Progress in pytest's own output: plain lines, printed between two tests.

`upgradeproof watch` shows what happens in the middle of a test, in another terminal.
"""

from __future__ import annotations

import pytest

from upgradeproof.plugin.run import Session
from upgradeproof.progress import JournalFollower, ProgressTable


class Progress:
    """Print the new events in the journals of this process and its workers, after each test."""

    def __init__(self, part: Session, config: pytest.Config) -> None:
        self._config = config
        self._follower = JournalFollower(part.reports / "journal")
        self._table = ProgressTable()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        """Print a line for each event until the test's end, unless pytest is quiet."""
        manager = self._config.pluginmanager
        reporter = manager.get_plugin("terminalreporter")
        found = (self._table.take(event) for event in self._follower.new_events())
        lines = [line for line in found if line]
        if not lines or reporter is None or self._config.get_verbosity() < 0:
            return
        if manager.hasplugin("dsession"):  # under xdist the reporter does not end a row of dots
            reporter.line("")
        for line in lines:
            reporter.write_line(line)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Close the journals."""
        self._follower.close()
