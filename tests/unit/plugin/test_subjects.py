"""The mark ``subject``: a marked test runs for each item of a kind in the plan."""

from __future__ import annotations

import pytest

from tests.unit.plugin.project import AMD64, ARM64

OWN_FIXTURES = """
import pytest

@pytest.fixture
def service(): return "mine"
@pytest.fixture
def data(upgraded): return "mine"
@pytest.fixture(params=["a", "b"])
def port(request): return request.param

def test_service(upgraded, service): assert service == "mine"
def test_data(data): assert data == "mine"
def test_port(upgraded, port): assert port in "ab"
"""


def collected(pytester: pytest.Pytester, suite: str) -> pytest.RunResult:
    pytester.makepyfile(test_it=f"import pytest\n{suite}")
    return pytester.runpytest_inprocess("--collect-only", "-q", f"--upgradeproof-cell={AMD64}")


def test_a_users_own_fixture_is_never_a_subject(inside: pytest.Pytester) -> None:
    inside.makepyfile(test_it=OWN_FIXTURES)
    done = inside.runpytest_inprocess(f"--upgradeproof-cell={AMD64}", "-rA")
    done.assert_outcomes(passed=4)
    done.stdout.fnmatch_lines([f"PASSED test_it.py::test_service?{AMD64}?"])


def test_a_marked_test_runs_for_each_subject_of_each_cell(inside: pytest.Pytester) -> None:
    inside.makepyfile(
        test_it="import pytest\n@pytest.mark.subject('service')\ndef test_a(cell, service): pass\n"
    )
    done = inside.runpytest_inprocess("--collect-only", "-q")
    assert done.outlines[:4] == [
        f"test_it.py::test_a[{AMD64}-thingd]",
        f"test_it.py::test_a[{AMD64}-thing-helper]",
        f"test_it.py::test_a[{ARM64}-thingd]",
        f"test_it.py::test_a[{ARM64}-thing-helper]",
    ]


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        (
            (
                "@pytest.mark.subject('service')\n@pytest.mark.subject('data')\n"
                "def test_a(upgraded, service, data): pass\n"
            ),
            (
                "test_it.py::test_a needs one subject, and is marked with 'data', 'service'\n"
                "To do: name one"
            ),
        ),
        (
            "@pytest.mark.subject('service', 'data')\ndef test_a(upgraded, service, data): pass\n",
            (
                "test_it.py::test_a needs one subject, and is marked with 'service', 'data'\n"
                "To do: name one"
            ),
        ),
        (
            "@pytest.mark.subject\ndef test_a(upgraded, service): pass\n",
            "test_it.py::test_a needs one subject, and is marked with none\nTo do: name one",
        ),
        (
            "@pytest.mark.subject('servce')\ndef test_a(upgraded, servce): pass\n",
            "test_it.py::test_a has an unknown subject 'servce'\nTo do: did you mean 'service'?",
        ),
        (
            "@pytest.mark.subject('service')\ndef test_a(upgraded): pass\n",
            (
                "test_it.py::test_a has the subject 'service' and no argument service\n"
                "To do: add the argument service, or remove the mark"
            ),
        ),
        (
            "@pytest.mark.subject('service')\ndef test_a(service): pass\n",
            "test_it.py::test_a has a subject and takes no state\nTo do: take a state or `cell`",
        ),
    ],
)
def test_a_wrong_mark_is_one_clear_error(suite: str, message: str, inside: pytest.Pytester) -> None:
    done = collected(inside, suite)
    assert done.ret == pytest.ExitCode.INTERRUPTED
    assert f"\n{message}\n===" in done.stdout.str()
    assert "Traceback" not in done.stdout.str()
