"""The checks that each cell must have, and which of them pytest did not collect."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from functools import cached_property

import pytest

from upgradeproof.plugin.collecting import PackagedSuites
from upgradeproof.plugin.items import check_of_item
from upgradeproof.plugin.packaged import PackagedTest, packaged_tests
from upgradeproof.plugin.run import Session

NOT_COLLECTED = (
    "pytest did not collect this check of the packaged suites, and it was not deselected; to do:"
    " see what leaves tests out here (python_functions, a plugin, a hook in conftest.py), or"
    " deselect it by -k, -m, --deselect or --ignore"
)


@dataclass
class Expected:
    """What the plan and the packaged suites declare, compared with what pytest collected."""

    part: Session
    suites: PackagedSuites | None
    """None: there are no packaged suites here."""
    last_failed: bool
    """Whether ``--lf`` leaves files out before they are collected."""
    _ids: dict[str, set[str]] = field(default_factory=dict)
    _functions: set[tuple[str, str]] = field(default_factory=set)

    def note(self, item: pytest.Item) -> None:
        """Take a test that pytest collected, whether it is deselected later or not."""
        found = check_of_item(item)
        if found is None:
            return
        cell, check = found
        self._ids.setdefault(cell.id, set()).add(check)
        if item.path.parent == self.part.home.packaged_suites:
            self._functions.add((cell.id, check.partition("[")[0]))

    def count(self, cell: str) -> int:
        """Return how many checks a cell has, those that are deselected included."""
        return len(self._ids.get(cell, set()) | self._uncollected.get(cell, {}).keys())

    def missing(self, cell: str, excused: Container[str]) -> dict[str, tuple[str, ...]]:
        """Return the checks of a cell that were neither collected nor deselected, with states.

        ``excused`` names the suites that could not be loaded, or skipped themselves: these have a
        verdict of their own.
        """
        if self.suites is None or self.part.selected_by_path or self.last_failed:
            return {}
        if cell not in self.part.chosen:
            return {}
        return {
            check: test.states
            for check, test in self._uncollected.get(cell, {}).items()
            if test.suite not in excused and not self.suites.leaves_out(test.suite)
        }

    @cached_property
    def _uncollected(self) -> dict[str, dict[str, PackagedTest]]:
        """Return the checks by cell and id; first asked for when all tests are collected.

        Looked for are functions, not subjects: the subjects of a function are the plugin's own.
        """
        home = self.part.home
        if home.packaged_suites is None:
            return {}
        tests = packaged_tests(home.packaged_suites, home.packaged_fixtures)
        return {
            name: {
                check: test
                for test in tests
                if (name, test.id) not in self._functions
                for check in test.checks(cell, self.part.subjects)
            }
            for name, cell in self.part.cells.items()
        }
