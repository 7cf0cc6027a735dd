"""The node id of a test determines which check it is."""

from __future__ import annotations

import pytest

from upgradeproof.defects.node_ids import check_of

CELL = "debian-12-amd64.container.thing-1-to-2"
LONGER = f"{CELL}-to-3"


@pytest.mark.parametrize(
    ("parameters", "cell", "check"),
    [
        (CELL, CELL, "test_it::test_a"),
        (f"{CELL}-thingd", CELL, "test_it::test_a[thingd]"),
        (f"{CELL}-a[1]::b-c", CELL, "test_it::test_a[a[1]::b-c]"),
        (f"a-{CELL}", CELL, "test_it::test_a[a]"),
        (f"a-b-{CELL}-thingd", CELL, "test_it::test_a[a-b-thingd]"),
        (LONGER, LONGER, "test_it::test_a"),
        (f"{LONGER}-thingd", LONGER, "test_it::test_a[thingd]"),
    ],
)
def test_the_parameters_name_the_cell_and_the_subject(
    parameters: str, cell: str, check: str
) -> None:
    found = check_of(f"suites/test_it.py::test_a[{parameters}]", [CELL, LONGER])
    assert found == (cell, check)


@pytest.mark.parametrize(
    "test", ["test_a", "test_a[other]", f"test_a[{CELL}x]", f"test_a[x{CELL}]"]
)
def test_a_test_without_a_cell_is_no_check(test: str) -> None:
    assert check_of(f"suites/test_it.py::{test}", [CELL]) is None
