"""The rules of the architecture that a test can check: imports, lengths and names."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

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
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


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


def constants(path: Path) -> Iterator[ast.Constant]:
    """Yield the constants of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documentation:
            yield node


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_the_engine_names_no_product_no_release_and_no_port(path: Path) -> None:
    words = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, named_elsewhere()))})(?![\w-])")
    for constant in constants(path):
        where = f"{name(path)}:{constant.lineno}"
        if isinstance(constant.value, str):
            assert not words.search(constant.value), f"{where}: {constant.value}"
        elif isinstance(constant.value, int) and not isinstance(constant.value, bool):
            assert constant.value not in PORTS, f"{where}: {constant.value}"
