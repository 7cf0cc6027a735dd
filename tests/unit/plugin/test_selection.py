"""Test names, -k, -m, --collect-only, --lf and -x work as pytest users expect."""

from __future__ import annotations

import json

import pytest

from tests.unit.plugin.project import AMD64, ARM64, Project, make_project
from upgradeproof.results import Verdict
from upgradeproof.results.reading import read_run

SUITE = """
import pytest

def test_a(upgraded): pass
@pytest.mark.subject("service")
def test_b(upgraded, service): assert service == "thingd"
"""
HELPER = f"test_it.py::test_b[{AMD64}-thing-helper]"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose cached states are shared by the tests."""
    project = make_project(tmp_path_factory.mktemp("selection")).write(test_it=SUITE)
    ini = (project.folder / "pytest.ini").read_text()
    (project.folder / "pytest.ini").write_text(ini.replace(" -p no:cacheprovider", ""))
    return project


def test_ids_consist_of_cell_and_subject_and_are_grouped_by_cell(shared: Project) -> None:
    done = shared.pytest("--collect-only", "-q")
    assert done.text.splitlines()[:6] == [
        f"test_it.py::test_a[{AMD64}]",
        f"test_it.py::test_b[{AMD64}-thingd]",
        HELPER,
        f"test_it.py::test_a[{ARM64}]",
        f"test_it.py::test_b[{ARM64}-thingd]",
        f"test_it.py::test_b[{ARM64}-thing-helper]",
    ]
    assert done.exit_status == 0
    assert not (shared.folder / "reports").exists(), "--collect-only writes nothing"
    assert not (shared.folder / "backend").exists(), "--collect-only starts nothing"


@pytest.fixture(scope="module")
def reported(shared: Project) -> Project:
    """Return the project after a run that has left its reports."""
    shared.pytest("-k", "test_a")
    return shared


@pytest.mark.parametrize(
    "shows",
    ["--help", "--markers", "--fixtures", "--fixtures-per-test", "--cache-show", "--setup-plan"],
)
def test_options_that_only_list_tests_leave_earlier_results(reported: Project, shows: str) -> None:
    before = {path: path.read_bytes() for path in reported.reports.glob("*.*")}
    assert reported.reports / "run.json" in before
    done = reported.pytest(shows)
    assert done.exit_status == 0, done.text
    after = {path: path.read_bytes() for path in reported.reports.glob("*.*")}
    assert after == before


def test_k_selects_cells_and_subjects_and_lists_the_rest_as_unselected(shared: Project) -> None:
    done = shared.pytest("-k", "example-1-amd64 and thingd")
    assert (done.exit_status, shared.result.verdict) == (0, Verdict.PASSED)
    taken, left_out = shared.result.cells
    assert [check.id for check in taken.checks] == ["test_it::test_b[thingd]"]
    assert (left_out.id, left_out.selected, left_out.reason) == (ARM64, False, "deselected")
    assert ARM64 not in done.text


def test_m_selects_by_tags_of_the_plan(shared: Project) -> None:
    """A tag that is not a valid Python name gets a mark with a valid name."""
    shared.pytest("-m", "not_yet and container", "-k", "test_a")
    assert [cell.id for cell in shared.result.cells if cell.selected] == [ARM64]
    assert shared.cell(AMD64).tags == ("smoke", "amd64", "container")
    assert shared.cell(ARM64).tags == ("not-yet", "arm64", "container")


def test_x_stops_at_the_first_failure_and_the_rest_never_ran(shared: Project) -> None:
    done = shared.pytest("-x")
    assert done.exit_status == 1
    assert [check.verdict for check in shared.cell(AMD64).checks] == [
        Verdict.PASSED,
        Verdict.PASSED,
        Verdict.FAILED,
    ]
    assert {check.verdict for check in shared.cell(ARM64).checks} == {Verdict.NEVER_RAN}


def test_lf_selects_the_checks_that_failed_last(shared: Project) -> None:
    failed = shared.folder / ".pytest_cache" / "v" / "cache" / "lastfailed"
    failed.parent.mkdir(parents=True, exist_ok=True)
    failed.write_text(json.dumps({HELPER: True}))
    assert "1 failed" in shared.pytest("--lf").text.splitlines()[-1]
    assert [cell.selected for cell in shared.result.cells] == [True, False]
    assert [check.id for check in shared.cell().checks] == ["test_it::test_b[thing-helper]"]


def test_a_test_is_selected_by_its_whole_name(shared: Project) -> None:
    shared.pytest(HELPER)
    assert [check.id for check in shared.cell(AMD64).checks] == ["test_it::test_b[thing-helper]"]


def test_an_empty_selection_fails(shared: Project) -> None:
    assert shared.pytest("-k", "no-such-thing").exit_status == 5


def test_a_run_of_other_tests_is_not_affected(shared: Project) -> None:
    (shared.folder / "test_other.py").write_text("def test_without_a_cell(): pass\n")
    try:
        done = shared.pytest("test_other.py")
    finally:
        (shared.folder / "test_other.py").unlink()
    assert done.exit_status == 0
    assert "upgradeproof:" not in done.text


def test_a_selection_of_not_applicable_checks_only_is_not_green(project: Project) -> None:
    project.write(test_it="import pytest\ndef test_a(upgraded): pytest.skip('not here')\n")
    done = project.pytest("-m", "smoke")
    assert (done.exit_status, project.result.verdict) == (1, Verdict.NOT_APPLICABLE)
    assert "1 skipped" in done.text.splitlines()[-1]


def test_a_fresh_run_is_recorded_and_the_folder_of_reports_is_an_option(project: Project) -> None:
    project.write(test_it="def test_a(upgraded): pass\n")
    done = project.pytest(
        "-m", "smoke", "--upgradeproof-fresh", "-o", "upgradeproof_reports=elsewhere"
    )
    assert done.exit_status == 0
    run = read_run(project.folder / "elsewhere" / "run.json")
    assert run.fresh
    assert [state.reused for state in run.cells[0].states] == [False] * 3
    assert not (project.folder / "reports").exists()


def test_a_cell_is_selected_by_its_whole_id_or_a_glob(shared: Project) -> None:
    done = shared.pytest("--collect-only", "-q", f"--upgradeproof-cell={ARM64}", "-k", "test_a")
    assert done.text.splitlines()[0] == f"test_it.py::test_a[{ARM64}]"
    assert AMD64 not in done.text


def test_a_glob_that_matches_no_cell_is_an_error(shared: Project) -> None:
    done = shared.pytest("--upgradeproof-cell=nothing-like-it")
    assert done.exit_status == 4
    assert "no cell fits nothing-like-it\nvalid: " in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
