"""Tests are run cell by cell; in a cell they have the order that the user chose."""

from __future__ import annotations

import pytest

from tests.unit.plugin.project import AMD64, ARM64

SUITE = """
import pytest

def test_a(cell): pass
@pytest.mark.subject("service")
def test_b(cell, service): assert not (service == "thing-helper" and "amd64" in cell.id)
def test_c(cell): pass
@pytest.mark.parametrize("number", [1, 2])
def test_own(number): pass
"""
CHOSEN = ["test_c", "test_b[thing-helper]", "test_b[thingd]", "test_a"]


def order(pytester: pytest.Pytester, *words: str) -> list[str]:
    """Return the tests in the order in which pytest would run them."""
    done = pytester.runpytest_inprocess("--collect-only", "-q", *words)
    return [line.partition("::")[2] for line in done.outlines if "::" in line]


def ids(cell: str, *names: str) -> list[str]:
    return [name.replace("[", f"[{cell}-") if "[" in name else f"{name}[{cell}]" for name in names]


def test_without_a_choice_it_is_the_order_of_the_file(inside: pytest.Pytester) -> None:
    inside.makepyfile(test_it=SUITE)
    file = ("test_a", "test_b[thingd]", "test_b[thing-helper]", "test_c")
    own = ["test_own[1]", "test_own[2]"]
    assert order(inside) == [*own, *ids(AMD64, *file), *ids(ARM64, *file)]


def test_a_plugin_that_shuffles_decides_the_order_in_a_cell(inside: pytest.Pytester) -> None:
    """The plugin shuffles like pytest-randomly: before pytest sorts by the scope of parameters."""
    inside.makepyfile(
        test_it=SUITE,
        shuffles="""
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_collection_modifyitems(items):
            items.reverse()
        """,
    )
    found = order(inside, "-p", "shuffles")
    assert found == [
        *("test_own[2]", "test_own[1]"),
        *ids(AMD64, *CHOSEN),
        *ids(ARM64, *CHOSEN),
    ]


def test_ff_runs_what_failed_last_first_in_its_cell(inside: pytest.Pytester) -> None:
    inside.makepyfile(test_it=SUITE)
    with_cache = ("-o", "addopts=--strict-markers")
    inside.runpytest_inprocess(*with_cache).assert_outcomes(passed=9, failed=1)
    found = [name for name in order(inside, *with_cache, "--ff") if "own" not in name]
    assert found == [
        *ids(AMD64, "test_b[thing-helper]", "test_a", "test_b[thingd]", "test_c"),
        *ids(ARM64, "test_a", "test_b[thingd]", "test_b[thing-helper]", "test_c"),
    ]
