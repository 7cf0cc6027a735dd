"""Cells become parameters: a test of a state runs for each cell and each of its subjects."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

import pytest

from upgradeproof.plan import Cell
from upgradeproof.plan.loading import nearest
from upgradeproof.plugin.run import Session
from upgradeproof.plugin.subjects import Subjects
from upgradeproof.states import STATES

MARKS = (
    "subject(name): the test runs for each thing of this kind in the plan, its argument `name`",
    "first: the check runs before the others of its cell",
    "follows(*globs): a failure is a consequence if a check of these failed, too",
    "destructive: the test gets a separate machine",
    "load: the test measures a machine under load, for minutes",
    "own_kernel: not applicable where the kernel is shared",
)
"""The marks that suites use, with what each means."""


class Parameters:
    """Give tests their cells, and their subjects where they are marked with one."""

    def __init__(self, part: Session) -> None:
        self._part = part

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrise a test that takes a cell or a state. Raises CollectError for a wrong mark."""
        names = metafunc.fixturenames
        subject = _subject(metafunc, self._part.subjects)
        if "cell" not in names:
            if subject is not None:
                raise _wrong(metafunc, "has a subject and takes no state", "take a state or `cell`")
            return
        parameters = [
            _param(cell, *found)
            for cell in self._part.chosen.values()
            for found in subjects(cell, names, subject, self._part.subjects)
        ]
        if subject is None:
            metafunc.parametrize("cell", parameters, indirect=True, scope="session")
            return
        metafunc.parametrize(("cell", subject), parameters, indirect=["cell"], scope="session")


def _subject(metafunc: pytest.Metafunc, known: Mapping[str, Subjects]) -> str | None:
    """Return the subject of a test; None: it has no mark."""
    marks = list(metafunc.definition.iter_markers("subject"))
    words = [word for mark in marks for word in mark.args]
    if not marks:
        return None
    if len(marks) > 1 or len(words) != 1:
        given = ", ".join(repr(word) for word in words) or "none"
        raise _wrong(metafunc, f"needs one subject, and is marked with {given}", "name one")
    (name,) = words
    if name not in known:
        raise _wrong(metafunc, f"has an unknown subject {name!r}", nearest(str(name), known))
    if name not in metafunc.fixturenames:
        what = f"has the subject {name!r} and no argument {name}"
        raise _wrong(metafunc, what, f"add the argument {name}, or remove the mark")
    return str(name)


def _wrong(metafunc: pytest.Metafunc, what: str, resolution: str) -> Exception:
    node = metafunc.definition.nodeid
    return pytest.Collector.CollectError(f"{node} {what}\nTo do: {resolution}")


def subjects(
    cell: Cell, names: Iterable[str], subject: str | None, known: Mapping[str, Subjects]
) -> Iterator[tuple[()] | tuple[str, Any]]:
    """Yield what a test that takes these fixtures looks at on a cell: id and value of each subject.

    Of a test without a subject that is one empty tuple; of a state that the cell does not reach,
    nothing.
    """
    if not _has_states(cell, frozenset(names)):
        return
    if subject is None:
        yield ()
        return
    yield from known[subject](cell)


def _has_states(cell: Cell, names: Container[str]) -> bool:
    """Return whether a cell goes through every state that a test names: some have no rollback."""
    return all(state in cell.states for state in STATES if state in names)


def _param(cell: Cell, *subject: Any) -> Any:
    marks = [getattr(pytest.mark, _mark(tag)) for tag in cell.tags]
    name = "-".join([cell.id, *subject[:1]])
    return pytest.param(cell, *subject[1:], id=name, marks=marks)


def declare_marks(config: pytest.Config, part: Session) -> None:
    """Make our marks and the plans' tags known: ``-m`` takes them, a misspelt one is an error."""
    for line in MARKS:
        config.addinivalue_line("markers", line)
    for tag in sorted({tag for cell in part.cells.values() for tag in cell.tags}):
        config.addinivalue_line("markers", f"{_mark(tag)}: cells of the plan tagged {tag!r}")


def _mark(tag: str) -> str:
    """Return a tag as the name of a mark, which must be a name in Python."""
    return "".join(letter if letter.isalnum() else "_" for letter in tag)


def without_subject(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield the tests for which no cell's plan has a subject: pytest would show them as skipped."""
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if "cell" in parameters and not isinstance(parameters["cell"], Cell):
            yield item
