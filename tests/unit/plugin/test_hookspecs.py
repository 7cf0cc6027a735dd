"""The hook specifications, each implemented by the plugin of a project."""

from __future__ import annotations

import pytest

from tests.unit.plugin.project import AMD64

CELL = f"--upgradeproof-cell={AMD64}"


def added(pytester: pytest.Pytester, hook: str) -> None:
    """Add a plugin to a project; a conftest.py would have the same effect."""
    pytester.makepyfile(adds=hook)


def test_a_plugin_adds_a_subject(inside: pytest.Pytester) -> None:
    added(
        inside,
        """
        def pytest_upgradeproof_subjects():
            return {"mount": lambda cell: [("srv", f"/srv of {cell.platform.id}")]}
        """,
    )
    inside.makepyfile(
        test_it="""
        import pytest

        @pytest.mark.subject("mount")
        def test_a(cell, mount): assert mount == f"/srv of {cell.platform.id}"
        """
    )
    done = inside.runpytest_inprocess("-p", "adds", CELL, "-rA")
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines([f"PASSED test_it.py::test_a?{AMD64}-srv?"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "service",
            (
                "ERROR: pytest_upgradeproof_subjects returned 'service', "
                "and there is such a subject\n"
                "To do: give it another name"
            ),
        ),
        (
            "a mount",
            (
                "ERROR: pytest_upgradeproof_subjects returned 'a mount', which names no argument\n"
                "To do: give it the name of an argument of Python"
            ),
        ),
    ],
)
def test_a_subject_with_a_wrong_name_is_one_clear_error(
    name: str, message: str, inside: pytest.Pytester
) -> None:
    added(inside, f"def pytest_upgradeproof_subjects(): return {{{name!r}: lambda cell: []}}")
    done = inside.runpytest_inprocess("-p", "adds", "--collect-only")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.str().strip() == message


def test_a_plugin_adds_expectations_to_the_cells_that_it_chooses(inside: pytest.Pytester) -> None:
    added(
        inside,
        """
        def pytest_upgradeproof_expectations(cell):
            if cell.platform.architecture == "amd64":
                return {"modules": ["dm_crypt"], "services": ["other"]}
        """,
    )
    inside.makepyfile(
        test_it="""
        import pytest

        @pytest.mark.subject("module")
        def test_a(cell, module): pass
        @pytest.mark.subject("service")
        def test_b(cell, service): pass
        """
    )
    done = inside.runpytest_inprocess("-p", "adds", "--collect-only", "-q", "-k", "amd64 or test_a")
    assert [line for line in done.outlines if "::" in line] == [
        f"test_it.py::test_a[{AMD64}-dm_crypt]",
        f"test_it.py::test_b[{AMD64}-thingd]",
        f"test_it.py::test_b[{AMD64}-thing-helper]",
        f"test_it.py::test_b[{AMD64}-other]",
    ]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("{'modles': []}", "unknown key 'modles'; did you mean 'modules'?"),
        (
            (
                "{'disruption': [{'endpoint': 'site', 'max_downtime_ms': 0,"
                " 'max_total_downtime_ms': 0}]}"
            ),
            "there is no endpoint 'site' of the kind ",
        ),
        ("[]", "input should be a table, not []\n"),
    ],
)
def test_expectations_that_are_wrong_are_one_clear_error(
    table: str, problem: str, inside: pytest.Pytester
) -> None:
    added(inside, f"def pytest_upgradeproof_expectations(cell): return {table}")
    done = inside.runpytest_inprocess("-p", "adds", "--collect-only")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.str().startswith(
        f"ERROR: what pytest_upgradeproof_expectations returned for {AMD64} is not valid\n{problem}"
    )
    assert "Traceback" not in done.stderr.str() + done.stdout.str()
