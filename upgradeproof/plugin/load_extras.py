"""Before a machine starts, find out whether the selected checks of loads can be carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from upgradeproof.counting import counted
from upgradeproof.errors import ExtraError, PlanError
from upgradeproof.extras import Extra, missing
from upgradeproof.home import Home
from upgradeproof.load import extras_of, find_locustfile
from upgradeproof.plan import Cell, Load
from upgradeproof.plugin.items import check_of_item
from upgradeproof.plugin.run import Session


class LoadExtras:
    """Refuse a run whose selected checks include a load that can't be sent here."""

    def __init__(self, part: Session) -> None:
        self._part = part

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Raise UsageError in a process of its own; a worker leaves it to its controller."""
        error = missing_extras(session.items, self._part.home)
        if error and self._part.worker != "main":
            self._part.tests.refuse(str(error))
        elif error:
            raise pytest.UsageError(str(error))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        """Raise UsageError, in the controlling process, for what a worker refused."""
        if reason := self._part.tests.refused:
            raise pytest.UsageError(reason)


def missing_extras(items: Iterable[pytest.Item], home: Home) -> ExtraError | None:
    """Return the error of the selected checks whose loads can't be sent here; None: all can."""
    loads = [found for item in items for found in _loads(item)]
    needed = {extra for cell, load in loads for extra in _extras(cell, load, home)}
    names = ", ".join(sorted({load.id for _, load in loads}))
    return missing(
        *sorted(needed),
        details=f"{counted(len(loads), 'selected check')} of loads: {names}",
        otherwise='deselect these checks: pytest -m "not load"',
    )


def _loads(item: pytest.Item) -> Iterator[tuple[Cell, Load]]:
    """Yield the load that a check is about, with its cell."""
    found = check_of_item(item)
    if found and isinstance(item, pytest.Function):
        values = item.callspec.params.values()
        yield from ((found[0], value) for value in values if isinstance(value, Load))


def _extras(cell: Cell, load: Load, home: Home) -> frozenset[Extra]:
    try:
        return extras_of(find_locustfile(load, (cell.plan.folder, *home.locustfiles)))
    except PlanError:  # there is no such file: the checks of the load report it
        return frozenset({Extra.LOAD})
