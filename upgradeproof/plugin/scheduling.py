"""All tests of a cell go to one worker: under xdist, the cell is the unit of scheduling."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from upgradeproof.plugin.run import RunPart


class CellScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Group by cell. Marks do it for ``--dist loadgroup``, but are lost from pytest 9.2 on."""

    def __init__(self, config: pytest.Config, log: Any, part: RunPart) -> None:
        super().__init__(config, log)
        self._part = part

    def _split_scope(self, nodeid: str) -> str:
        """Return the cell of a test; a test without one is a scope of its own."""
        found = self._part.find_check(nodeid)
        return found[0].id if found else nodeid


class Scheduler:
    """Tell xdist to schedule by cell, and tell its workers which run they take part in."""

    def __init__(self, part: RunPart) -> None:
        self._part = part

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> CellScheduling:
        """Return our scheduler, whatever ``--dist`` says: states can't be split."""
        return CellScheduling(config, log, self._part)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the run's id and the worker's name to a worker."""
        node.workerinput["upgradeproof"] = {
            "run_id": self._part.run_id,
            "worker": node.gateway.id,
        }
