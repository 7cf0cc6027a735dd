"""Which check of which cell a test is: by its parameters, and never by its node id."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from upgradeproof.files import write_atomically
from upgradeproof.plan import Cell
from upgradeproof.plan.checks import subject_of

_CHECK = pytest.StashKey["tuple[Cell, str] | None"]()
_TESTS: TypeAdapter[dict[str, tuple[str, str]]] = TypeAdapter(dict[str, tuple[str, str]])


def check_of_item(item: pytest.Item) -> tuple[Cell, str] | None:
    """Return the cell and the check's id of a test, or None for a test without a cell."""
    if _CHECK not in item.stash:
        item.stash[_CHECK] = _check_of(item)
    return item.stash[_CHECK]


def _check_of(item: pytest.Item) -> tuple[Cell, str] | None:
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return None
    cell = item.callspec.params.get("cell")
    if not isinstance(cell, Cell):
        return None
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    name = "::".join((item.path.stem, *classes, item.originalname))
    subject = subject_of(cell.id, item.callspec.id)
    return cell, f"{name}[{subject}]" if subject else name


class CollectedTests:
    """The tests of a run by node id, for a process that collects none: xdist's controller.

    The first worker that has collected writes them into a file, before xdist reports what it has.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._refusal = path.with_name("refused.txt")
        self._found: dict[str, tuple[str, str]] | None = None

    def write(self, items: list[pytest.Item]) -> None:
        """Write the cell and check of each test: all workers write the same."""
        found = {item.nodeid: check_of_item(item) for item in items}
        tests = {node: (check[0].id, check[1]) for node, check in found.items() if check}
        if not tests or self._path.exists():
            return
        write_atomically(self._path, _TESTS.dump_json(tests))

    def refuse(self, reason: str) -> None:
        """Write why no test may run, for the controller to raise: a worker can't."""
        write_atomically(self._refusal, reason)

    @property
    def refused(self) -> str:
        """Return why no test may run; empty: all may."""
        return self._refusal.read_text(encoding="utf-8") if self._refusal.exists() else ""

    def get(self, nodeid: str) -> tuple[str, str] | None:
        """Return the ids of the cell and the check of a test, or None: it has no cell."""
        if self._found is None:
            try:
                self._found = _TESTS.validate_json(self._path.read_bytes())
            except (OSError, ValidationError):
                return None  # no worker has collected a test with a cell
        return self._found.get(nodeid)
