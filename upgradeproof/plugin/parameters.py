"""Cells become parameters: a test of a state runs for each cell and each of its subjects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from upgradeproof.plan import (
    Cell,
    Component,
    Config,
    DeclaredUnit,
    Degradation,
    Port,
    Release,
    Target,
)
from upgradeproof.plugin.run import Session
from upgradeproof.states import STATES, StateName

Subjects = Callable[[Cell], Iterable[tuple[str, Any]]]


def _ports(fits: Callable[[Port], bool]) -> Subjects:
    return lambda cell: ((f"{p.protocol}-{p.port}", p) for p in cell.expect.port if fits(p))


def _units(fits: Callable[[DeclaredUnit], bool]) -> Subjects:
    return lambda cell: ((unit.name, unit.name) for unit in cell.expect.units if fits(unit))


def _firewall(allowed: bool) -> Subjects:
    return lambda cell: ((f"tcp-{f.port}", f) for f in cell.expect.firewall if f.allowed is allowed)


def _configs(fits: Callable[[Config], bool]) -> Subjects:
    return lambda cell: ((config.path, config) for config in cell.expect.config if fits(config))


def _degradations(fits: Callable[[Degradation], bool]) -> Subjects:
    return lambda cell: ((d.id, d) for d in cell.expect.degradation if fits(d))


def _loads(fits: Callable[[Target], bool]) -> Subjects:
    return lambda cell: ((load.id, load) for load in cell.expect.load if fits(load.target))


def _components(release: Release) -> Iterable[tuple[str, Component]]:
    return ((component.name, component) for component in release.component if component.judged)


SUBJECTS: dict[str, Subjects] = {
    "service": _units(lambda unit: unit.after is not None),
    "old_service": _units(lambda unit: unit.before is not None),
    "given_up_service": _units(lambda unit: unit.change in ("renamed", "retired")),
    "module": lambda cell: ((name, name) for name in cell.expect.modules),
    "old_package": lambda cell: ((name, name) for name in cell.old.packages),
    "package": lambda cell: ((name, name) for name in cell.new.packages),
    "old_component": lambda cell: _components(cell.old),
    "component": lambda cell: _components(cell.new),
    "open_port": _ports(lambda port: port.after is not None),
    "owned_port": _ports(lambda port: port.after is not None and bool(port.process)),
    "given_up_port": _ports(lambda port: port.change in ("moved", "retired")),
    "config": _configs(lambda _: True),
    "kept_config": _configs(lambda config: config.change == "kept"),
    "migrated_config": _configs(lambda config: config.change == "migrated"),
    "reformatted_config": _configs(lambda config: config.to_format is not None),
    "parsed_config": _configs(lambda config: config.format_in(StateName.UPGRADED) != "text"),
    "checked_config": _configs(lambda config: bool(config.check)),
    "certificate": lambda cell: ((path, path) for path in cell.expect.certificates),
    "endpoint": lambda cell: ((endpoint.id, endpoint) for endpoint in cell.expect.endpoint),
    "https_endpoint": lambda cell: (
        (e.id, e) for e in cell.expect.endpoint if e.kind == "https" and e.from_ != "outside"
    ),
    "tls_endpoint": lambda cell: ((e.id, e) for e in cell.expect.endpoint if e.speaks_tls),
    "allowed_port": _firewall(allowed=True),
    "blocked_port": _firewall(allowed=False),
    "command": lambda cell: ((command.id, command) for command in cell.expect.command),
    "scripts": lambda cell: [("run", cell.expect.scripts)] if cell.expect.scripts == "run" else [],
    "data": lambda cell: ((data.id, data) for data in cell.expect.data),
    "load": _loads(lambda _: True),
    "limited_load": _loads(lambda target: target.limited),
    "compared_load": _loads(lambda target: target.compared),
    "disruption": lambda cell: ((d.endpoint, d) for d in cell.expect.disruption),
    "log": lambda cell: ((log.path, log) for log in cell.expect.log),
    "degradation": _degradations(lambda _: True),
    "alerted_degradation": _degradations(lambda degradation: degradation.alert is not None),
}
"""Arguments of tests that the plan fills, one test for each: id and value by cell.

A subject holds just what its tests can fail on: a check that has nothing to look at does not exist.
"""


def parametrize(metafunc: pytest.Metafunc, part: Session) -> None:
    """Give a test its cells, and its subject if it names one."""
    names = metafunc.fixturenames
    if "cell" not in names:
        return
    parameters = [
        _param(cell, *subject) for cell in part.chosen.values() for subject in subjects(cell, names)
    ]
    subject = _subject(names)
    if subject is None:
        metafunc.parametrize("cell", parameters, indirect=True, scope="session")
        return
    metafunc.parametrize(("cell", subject), parameters, indirect=["cell"], scope="session")


def subjects(cell: Cell, names: Iterable[str]) -> Iterator[tuple[()] | tuple[str, Any]]:
    """Yield what a test that takes these fixtures looks at on a cell: id and value of each subject.

    Of a test without a subject that is one empty tuple; of a state that the cell does not reach,
    nothing.
    """
    taken = frozenset(names)
    if not _has_states(cell, taken):
        return
    subject = _subject(taken)
    if subject is None:
        yield ()
        return
    yield from SUBJECTS[subject](cell)


def _subject(names: Iterable[str]) -> str | None:
    """Return the subject among the fixtures of a test, if there is one."""
    return next((name for name in SUBJECTS if name in names), None)


def _has_states(cell: Cell, names: Iterable[str]) -> bool:
    """Tell whether a cell goes through every state that a test names: not all can go back."""
    return STATES.keys() & names <= set(cell.states)


def _param(cell: Cell, *subject: Any) -> Any:
    marks = [getattr(pytest.mark, _mark(tag)) for tag in cell.tags]
    name = "-".join([cell.id, *subject[:1]])
    return pytest.param(cell, *subject[1:], id=name, marks=marks)


def declare_marks(config: pytest.Config, part: Session) -> None:
    """Make the plans' tags known, so that ``-m`` takes them and a misspelt one is an error."""
    for tag in sorted({tag for cell in part.cells.values() for tag in cell.tags}):
        config.addinivalue_line("markers", f"{_mark(tag)}: cells of the plan tagged {tag!r}")


def declare_own_marks(config: pytest.Config) -> None:
    """Make the marks known that suites use, with or without a plan."""
    config.addinivalue_line("markers", "first: the check runs before the others of its cell")
    config.addinivalue_line(
        "markers", "follows(*globs): a failure is a consequence if a check of these failed, too"
    )
    config.addinivalue_line("markers", "destructive: the test gets a separate machine")
    config.addinivalue_line("markers", "load: the test measures a machine under load, for minutes")
    config.addinivalue_line("markers", "own_kernel: not applicable where the kernel is shared")


def _mark(tag: str) -> str:
    """Return a tag as the name of a mark, which must be a name in Python."""
    return "".join(letter if letter.isalnum() else "_" for letter in tag)


def without_subject(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield the tests for which no cell's plan has a subject: pytest would show them as skipped."""
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if "cell" in parameters and not isinstance(parameters["cell"], Cell):
            yield item
