"""A file that pytest can't collect, or two tests of the same name, make a cell fail."""

from __future__ import annotations

from tests.unit.plugin.project import AMD64, Project
from upgradeproof.results import Verdict

GOOD = "def test_ok(upgraded): pass"
PARAMETERS = """
import pytest

@pytest.fixture(params=["a", "b"])
def letter(request):
    return request.param

def test_letter(upgraded, letter):
    assert letter == "a"
"""


def verdicts(project: Project, *arguments: str) -> dict[str, Verdict]:
    project.pytest(f"--upgradeproof-cell={AMD64}", *arguments)
    return {check.id: check.verdict for check in project.cell(AMD64).checks}


def test_a_fixture_with_parameters_of_its_own_is_part_of_the_check(project: Project) -> None:
    project.write(test_it=PARAMETERS)
    assert verdicts(project) == {
        "test_it::test_letter[a]": Verdict.PASSED,
        "test_it::test_letter[b]": Verdict.FAILED,
    }
    assert project.result.verdict is Verdict.FAILED


def test_a_file_that_cannot_be_collected_is_a_broken_check(project: Project) -> None:
    project.write(test_it=GOOD, test_other="import no_such_module")
    assert verdicts(project, "--continue-on-collection-errors") == {
        "test_it::test_ok": Verdict.PASSED,
        "test_other::collection": Verdict.BROKEN,
    }
    assert project.result.verdict is Verdict.BROKEN


def test_a_file_that_skips_itself_is_reported(project: Project) -> None:
    skipping = "import pytest\npytest.importorskip('no_such_module')"
    project.write(test_it=GOOD, test_other=skipping)
    assert verdicts(project)["test_other::collection"] is Verdict.NOT_APPLICABLE
    (collection,) = (c for c in project.cell(AMD64).checks if c.id == "test_other::collection")
    assert "no_such_module" in collection.reason


def test_two_tests_of_the_same_name_are_reported(project: Project) -> None:
    for folder in ("a", "b"):
        (project.folder / folder).mkdir()
        (project.folder / folder / "test_it.py").write_text(GOOD)
        (project.folder / folder / "__init__.py").touch()
    found = verdicts(project)
    assert found["test_it::test_ok::name"] is Verdict.BROKEN
    assert project.result.verdict is Verdict.BROKEN
