"""Every check and suite that the documentation names exists, or is marked as an example.

A page marks an example by the comment ``<!-- example: test_name -->``. A test that the page
defines in a block of Python is an example, too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.unit.test_docs import PAGES, ROOT, blocks, page_id, prose

SPAN = re.compile(r"`([^`]+)`")
PATH = re.compile(r"[\w./-]+/test_\w+\.py")
NAME = re.compile(r"\btest_[a-z0-9_]*[a-z0-9]\b")
CHECK_ID = re.compile(r"\b(test_\w+)::(test_[a-z0-9_]*[a-z0-9])\b")
EXAMPLE = re.compile(r"<!-- example: (\w+) -->")


def functions_in(sources: Iterable[str]) -> Iterator[str]:
    """Yield the names of the test functions in sources of Python."""
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name


def existing() -> frozenset[str]:
    """Return the names of all suites and checks."""
    files = [*ROOT.glob("suites/test_*.py"), *ROOT.glob("field-cases/test_*.py")]
    texts = (file.read_text(encoding="utf-8") for file in files)
    return frozenset(file.stem for file in files) | frozenset(functions_in(texts))


def functions_in_suite(suite: str) -> frozenset[str]:
    """Return the names of a suite's test functions; of no suite, nothing."""
    file = ROOT / "suites" / f"{suite}.py"
    return frozenset(functions_in([file.read_text(encoding="utf-8")] if file.is_file() else []))


def named(text: str) -> set[str]:
    """Return the names of checks in code spans, except those of existing files."""
    spans = " ".join(SPAN.findall(text))
    return set(
        NAME.findall(PATH.sub(lambda path: "" if (ROOT / path[0]).exists() else path[0], spans))
    )


CHECKS = existing()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_check_that_a_page_names_exists_or_is_an_example(page: Path) -> None:
    examples = set(EXAMPLE.findall(prose(page)))
    defined = set(functions_in(blocks(page, "python")))
    unknown = named(prose(page)) - CHECKS - defined
    assert unknown - examples == set(), "no suite has these checks"
    assert examples - unknown == set(), "these are marked as examples without need"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_id_of_a_check_names_its_suite(page: Path) -> None:
    """Blocks of code are read, too: an example is copied."""
    wrong = [
        f"{suite}::{test}"
        for suite, test in CHECK_ID.findall(page.read_text(encoding="utf-8"))
        if test not in functions_in_suite(suite)
    ]
    assert wrong == []


def test_the_name_of_a_check_that_does_not_exist_is_found() -> None:
    text = (
        "`test_no_such_check` and `test_services`, in `suites/test_services.py`, `tests/test_x.py`"
    )
    assert named(text) - CHECKS == {"test_no_such_check", "test_x"}
