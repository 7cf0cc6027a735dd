"""All tests of a cell go to one worker: under xdist, the cell is the unit of scheduling."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from upgradeproof.plugin.run import Session


class CellScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Group by cell. Marks do it for ``--dist loadgroup``, but are lost from pytest 9.2 on."""

    def __init__(self, config: pytest.Config, log: Any, part: Session) -> None:
        super().__init__(config, log)
        self._part = part
        # In the order of the collection, and not by their number of tests: a VM has fewer than a
        # container, and takes ten times as long.
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        """Return the cell of a test; a test without one is a scope of its own."""
        found = self._part.tests.get(nodeid)
        return found[0] if found else nodeid

    def remove_node(self, node: Any) -> str | None:
        """Take a worker out and return the test under which it died, if any.

        That test has its verdict, and is not run again: xdist itself would run it once more, kill
        the next worker, and let a pass hide the crash.
        """
        units = self.assigned_work.get(node, {})
        left = [(unit, test) for unit in units.values() for test, done in unit.items() if not done]
        if not left:
            super().remove_node(node)
            return None
        unit, crashed = left[0]
        unit[crashed] = True
        for scope in [scope for scope, tests in units.items() if all(tests.values())]:
            del units[scope]
        super().remove_node(node)
        return str(crashed)


class Scheduler:
    """Make xdist schedule by cell, and send its workers the run that they take part in."""

    def __init__(self, part: Session) -> None:
        self._part = part
        self._first = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> CellScheduling:
        """Return our scheduler, regardless of ``--dist``: states can't be split."""
        return CellScheduling(config, log, self._part)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the run's id and the worker's name to a worker; the first one declares checks."""
        self._first = self._first or node.gateway.id
        node.workerinput["upgradeproof"] = {
            "run_id": self._part.run_id,
            "worker": node.gateway.id,
            "declares": node.gateway.id == self._first,
        }
