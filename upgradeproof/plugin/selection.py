"""Which tests run, and in which order: by cell, and in a cell as pytest's user chose."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from upgradeproof.imaging.emulation import slowest_first
from upgradeproof.plugin.items import check_of_item
from upgradeproof.plugin.parameters import without_subject
from upgradeproof.plugin.run import Session


def register_selection(config: pytest.Config, part: Session) -> None:
    """Register what drops and sorts tests."""
    order = Order()
    manager = config.pluginmanager
    manager.register(Selection(part), "upgradeproof-selection")
    manager.register(_Earlier(part, config, order), "upgradeproof-order-earlier")
    manager.register(_Later(config, order), "upgradeproof-order-later")


class Selection:
    """Know which tests are selected in the end."""

    def __init__(self, part: Session) -> None:
        self._part = part

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Probe upgrades where a selected test reads the result of the prober.

        A worker writes which tests there are, before xdist reports that it has collected them.
        """
        if self._part.worker != "main":
            self._part.tests.write(session.items)
        self._part.watched = any(
            "disruption" in mark.args
            for item in session.items
            for mark in item.iter_markers("subject")
        )


class Order:
    """The order of the tests before pytest sorts them by the scope of their parameters."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []


class _Earlier:
    """Register the hooks that run after pytest has sorted: what is registered first runs last."""

    def __init__(self, part: Session, config: pytest.Config, order: Order) -> None:
        self._part = part
        self._config = config
        self._order = order

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Register them before pytest registers its own sorter, in its hook of the same name."""
        manager = self._config.pluginmanager
        manager.register(_After(self._order), "upgradeproof-order-after")
        manager.register(_ByCell(self._part, self._config), "upgradeproof-order")


class _Later:
    """Register the hook that runs right before pytest sorts."""

    def __init__(self, config: pytest.Config, order: Order) -> None:
        self._config = config
        self._order = order

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """Register it after pytest has registered its own sorter."""
        self._config.pluginmanager.register(_Before(self._order), "upgradeproof-order-before")


class _Before:
    """Remember the order that other plugins chose."""

    def __init__(self, order: Order) -> None:
        self._order = order

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Remember it."""
        self._order.items = list(items)


class _After:
    """Undo pytest's sorting of the tests with a cell: it sorts by subject, too."""

    def __init__(self, order: Order) -> None:
        self._order = order

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the tests with a cell into their order of before, in the places that they have."""
        left = set(items)
        chosen = [item for item in self._order.items if item in left and check_of_item(item)]
        moved, following = set(chosen), iter(chosen)
        items[:] = [next(following) if item in moved else item for item in items]


class _ByCell:
    """Sort by cell, after all other plugins."""

    def __init__(self, part: Session, config: pytest.Config) -> None:
        self._part = part
        self._config = config

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Put the cells into the order of the plans; those of workers begin with the slowest.

        A test without a subject counts as deselected: nothing was declared for it, so nothing is
        missing. In a cell the tests stay as ``--ff`` or a plugin ordered them, but for those that
        are marked as ``first``.
        """
        left_out = list(without_subject(items))
        items[:] = [item for item in items if item not in left_out]
        self._config.hook.pytest_deselected(items=left_out)
        yield
        ids = list(self._part.cells)
        if self._part.worker != "main":
            ids.sort(key=lambda cell: slowest_first(self._part.cells[cell]))
        cells = {cell: at for at, cell in enumerate(ids)}

        def order(item: pytest.Item) -> tuple[int, bool]:
            check = check_of_item(item)
            later = item.get_closest_marker("first") is None
            return (cells[check[0].id] if check else -1), later

        items.sort(key=order)
