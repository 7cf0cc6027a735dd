"""The rules of the architecture that a test can check: imports, lengths and names."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from upgradeproof.command import run

ROOT = Path(__file__).parents[2]
ENGINE = sorted((ROOT / "upgradeproof").rglob("*.py"))
OURS = [
    *ENGINE,
    ROOT / "conftest.py",
    *(
        path
        for folder in ("suites", "fixtures", "tests", "bench")
        for path in (ROOT / folder).rglob("*.py")
    ),
]
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_COMPOSITION_ROOT = 300, 60, 30
SUBSYSTEMS = {"nftables", "ssh", "systemd-networkd"}
"""Parts of every system that the engine reads or uses, and that a plan may name as services."""
PORTS = {22, 25, 53, 80, 443, 2379, 6379, 8080, 8443}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_each_package_imports_only_those_that_it_may() -> None:
    """See [tool.importlinter] in pyproject.toml."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = run(["env", "-C", str(ROOT), str(linter), "--no-cache"], timeout_s=60, check=False)
    assert done.ok, done.text


@pytest.mark.parametrize("path", OURS, ids=name)
def test_a_file_and_its_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    limit = LONGEST_COMPOSITION_ROOT if path == ROOT / "conftest.py" else LONGEST_FILE
    assert len(text.splitlines()) <= limit
    for node in functions(ast.parse(text)):
        length = (node.end_lineno or 0) - node.lineno + 1
        assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


def functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions of a module. No expression has one, so none is looked through."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for each in getattr(node, field, ()):
            yield from functions(each)


def test_a_function_is_found_wherever_it_is() -> None:
    text = """
        if 1:
            def a(): pass
        else:
            class A:
                async def b(self):
                    def c(): pass
        try:
            def d(): pass
        except OSError:
            def e(): pass
        finally:
            while 1:
                match 1:
                    case 1:
                        with x:
                            def f(): pass
    """
    assert [node.name for node in functions(ast.parse(dedent(text)))] == list("abcdfe")


def named_elsewhere() -> set[str]:
    """Return the names that only plans and images contain: products, packages, releases."""
    names: set[str] = set()
    for path in ROOT.glob("products/*/upgrade.toml"):
        plan = tomllib.loads(path.read_text(encoding="utf-8"))
        names.add(plan["name"])
        names |= {package for release in plan["release"] for package in release["packages"]}
        names |= set(plan["expect"]["services"])
    for path in ROOT.glob("images/*.toml"):
        names |= {path.stem, tomllib.loads(path.read_text(encoding="utf-8"))["codename"]}
    return names - SUBSYSTEMS


@cache
def words_elsewhere() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, named_elsewhere()))})(?![\w-])")


def constants(path: Path) -> Iterator[ast.Constant]:
    """Yield the constants of a module that are no docstrings."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    documentation = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and id(node) not in documentation:
            yield node


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_the_engine_names_no_product_no_release_and_no_port(path: Path) -> None:
    words = words_elsewhere()
    for constant in constants(path):
        where = f"{name(path)}:{constant.lineno}"
        if isinstance(constant.value, str):
            assert not words.search(constant.value), f"{where}: {constant.value}"
        elif isinstance(constant.value, int) and not isinstance(constant.value, bool):
            assert constant.value not in PORTS, f"{where}: {constant.value}"
