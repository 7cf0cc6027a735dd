"""Tests patch no name of this project: they inject what they need, or fakes of the real protocols.

A patched name binds a test to the module that looks it up, and the test still passes when the code
no longer uses it. Other names may be patched: an environment variable, the count of processors.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("upgradeproof", "suites", "fixtures", "tests", "bench", "conftest")
FOLDERS = ("tests", "suites", "fixtures", "field-cases", "bench")
PATCHERS = {"setattr", "delattr", "setitem", "delitem"}
FILES = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))


def is_ours(module: str | None) -> bool:
    return (module or "").partition(".")[0] in OURS


def imported(nodes: Sequence[ast.AST]) -> set[str]:
    """Return the names under which a file imports something of this project."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and is_ours(node.module):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {
                alias.asname or alias.name.partition(".")[0]
                for alias in node.names
                if is_ours(alias.name)
            }
    return names


def root(node: ast.expr) -> str:
    """Return the first name of an expression: ``a`` of ``a.b.c`` and ``a.b["c"]``."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def target(node: ast.expr, names: set[str]) -> str:
    """Return the name of this project that an expression means, as a dotted text; else ""."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_ours(node.value):
        return node.value
    return ast.unparse(node) if root(node) in names else ""


def patches(source: str) -> Iterator[str]:
    """Yield each place of a source that patches a name of this project, with its line."""
    nodes = list(ast.walk(ast.parse(source)))
    names = imported(nodes)
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names]
            if any((module or "").startswith(("unittest.mock", "mock")) for module in modules):
                yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in PATCHERS and (found := target(node.args[0], names)):
                yield f"{node.lineno}: {called} of {found}"
        elif isinstance(node, ast.Assign | ast.AugAssign):
            places = node.targets if isinstance(node, ast.Assign) else [node.target]
            for place in places:
                if isinstance(place, ast.Attribute) and root(place) in names:
                    yield f"{node.lineno}: {ast.unparse(place)} = ..."


def test_no_name_of_this_project_is_patched() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{place}"
        for file in FILES
        for place in patches(file.read_text(encoding="utf-8"))
    ]
    assert not found, "inject it instead, or use a fake of the real protocol"


@pytest.mark.parametrize(
    "line",
    [
        "import unittest.mock",
        "from unittest.mock import patch",
        "from unittest import mock",
        "from upgradeproof import command\nmonkeypatch.setattr(command, 'run', None)",
        "import upgradeproof.command\nmonkeypatch.setattr(upgradeproof.command, 'run', None)",
        "monkeypatch.setattr('upgradeproof.command.run', None)",
        "from suites import test_data as suite\nsetattr(suite, 'x', 1)",
        "from upgradeproof.runner import readiness\nreadiness.TAIL_LINES = 1",
        "from upgradeproof.plan import Cell\nCell.id = 'x'",
        "from upgradeproof.states import STATES\nmonkeypatch.setitem(STATES, 'a', 1)",
    ],
)
def test_a_patched_name_is_found(line: str) -> None:
    assert len(list(patches(line))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "monkeypatch.setattr('os.cpu_count', lambda: 2)",
        "monkeypatch.setenv('HOME', '/nonexistent')",
        "from upgradeproof.plan import Cell\ncell = Cell()\ncell.x = 1",
    ],
)
def test_another_name_may_be_patched(line: str) -> None:
    assert not list(patches(line))
