"""The packaged suites: which tests they hold, read from their source and never imported.

What a cell must be checked for follows from this and from its plan, and from nothing that pytest
collected: a test that pytest does not find is missing, and is reported as such.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from upgradeproof.errors import HarnessError
from upgradeproof.plan import Cell
from upgradeproof.plugin.parameters import subjects
from upgradeproof.plugin.subjects import SUBJECTS, Subjects
from upgradeproof.states import STATES

Function = ast.FunctionDef | ast.AsyncFunctionDef
OWN_FIXTURES: Mapping[str, frozenset[str]] = {
    "cell": frozenset(),
    "upgradeproof_runner": frozenset({"cell"}),
    **dict.fromkeys(STATES, frozenset({"upgradeproof_runner"})),
}
"""The plugin's own fixtures, with the fixtures that each takes."""


@dataclass(frozen=True, kw_only=True)
class PackagedTest:
    """One test function of a packaged suite."""

    suite: str
    """The name of its file, without ``.py``."""
    name: str
    fixtures: frozenset[str]
    """All that it takes, the fixtures of its fixtures included."""
    subject: str | None = None
    """What it is marked with, if it is."""

    @property
    def id(self) -> str:
        """Return the check's id, without a subject."""
        return f"{self.suite}::{self.name}"

    @property
    def states(self) -> tuple[str, ...]:
        """Return the states that it takes, in their order."""
        return tuple(state for state in STATES if state in self.fixtures)

    def checks(self, cell: Cell, known: Mapping[str, Subjects] = SUBJECTS) -> Iterator[str]:
        """Yield the ids of the checks that a cell must have of it, one for each subject."""
        if "cell" not in self.fixtures:
            return
        for found in subjects(cell, self.fixtures, self.subject, known):
            yield f"{self.id}[{found[0]}]" if found else self.id


def packaged_tests(suites: Path, fixtures: Path | None = None) -> tuple[PackagedTest, ...]:
    """Return the test functions of a folder of suites, by file and in the order of the source.

    ``fixtures`` is the folder of the fixtures that they share. Raises HarnessError when a file
    can't be read.
    """
    shared: dict[str, frozenset[str]] = dict(OWN_FIXTURES)
    for path in sorted(fixtures.glob("*.py")) if fixtures is not None else ():
        shared |= _fixtures(_functions(path))
    return tuple(test for path in sorted(suites.glob("test_*.py")) for test in _tests(path, shared))


def _tests(path: Path, shared: Mapping[str, frozenset[str]]) -> Iterator[PackagedTest]:
    functions = _functions(path)
    known = {**shared, **_fixtures(functions)}
    for function in functions:
        if function.name.startswith("test_"):
            yield PackagedTest(
                suite=path.stem,
                name=function.name,
                fixtures=_closure(_takes(function), known),
                subject=next(_marked_with(function, "subject"), None),
            )


def _functions(path: Path) -> list[Function]:
    """Return the functions at the top of a file."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except (OSError, ValueError, SyntaxError) as error:
        raise HarnessError(
            f"the packaged suite {path} can't be read: {error}",
            resolution="install upgradeproof again",
        ) from None
    return [node for node in tree.body if isinstance(node, Function)]


def _fixtures(functions: Iterable[Function]) -> dict[str, frozenset[str]]:
    """Return the fixtures among functions, with the fixtures that each takes."""
    return {each.name: _takes(each) for each in functions if _is_fixture(each)}


def _is_fixture(function: Function) -> bool:
    called = (each.func if isinstance(each, ast.Call) else each for each in function.decorator_list)
    return any(ast.unparse(name) in ("pytest.fixture", "fixture") for name in called)


def _takes(function: Function) -> frozenset[str]:
    """Return the arguments of a function, and the fixtures of its mark ``usefixtures``."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    used = _marked_with(function, "usefixtures")
    return frozenset({*(argument.arg for argument in arguments), *used})


def _marked_with(function: Function, name: str) -> Iterator[str]:
    """Yield the texts that a mark of a function has as arguments."""
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == f"pytest.mark.{name}":
            for word in mark.args:
                if isinstance(word, ast.Constant) and isinstance(word.value, str):
                    yield word.value


def _closure(names: Iterable[str], known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return names with all that the fixtures among them take."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += known.get(name, ())
    return frozenset(found)
