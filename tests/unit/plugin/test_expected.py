"""The engine declares the checks of a cell: a check that pytest does not collect never ran."""

from __future__ import annotations

import pytest

from tests.environments import link_engine
from tests.unit.plugin.project import AMD64, ARM64, ROOT, Project, make_project
from upgradeproof.defects.node_ids import check_of
from upgradeproof.home import Home
from upgradeproof.plugin.expected import NOT_COLLECTED
from upgradeproof.plugin.packaged import packaged_tests
from upgradeproof.results import Verdict

PACKAGED = """
import pytest

@pytest.fixture
def through(upgraded): return upgraded

def test_generic(through): pass
@pytest.mark.subject("service")
def test_running(upgraded, service): assert service
def test_without_a_cell(): pass
"""
OWN = "def test_own(upgraded): pass\ndef check_own(upgraded): pass\n"
CELL = f"--upgradeproof-cell={AMD64}"
GENERIC = {
    "test_packaged::test_generic",
    "test_packaged::test_running[thingd]",
    "test_packaged::test_running[thing-helper]",
}
"""What the suite above must check on a cell of the plan."""


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose engine looks like an installed wheel, with one packaged suite."""
    project = make_project(tmp_path_factory.mktemp("adopted")).write(test_it=OWN)
    installed = link_engine(project.folder / ".venv")
    (installed / "suites").mkdir()
    (installed / "suites" / "__init__.py").touch()
    (installed / "suites" / "test_packaged.py").write_text(PACKAGED)
    return Project(project.folder, path=f"{installed.parent}:{ROOT}")


def verdicts(project: Project) -> dict[str, Verdict]:
    return {check.id: check.verdict for check in project.cell().checks}


def test_all_declared_checks_run(adopted: Project) -> None:
    done = adopted.pytest(CELL)
    assert done.exit_status == 0, done.text
    assert verdicts(adopted) == dict.fromkeys({*GENERIC, "test_it::test_own"}, Verdict.PASSED)
    assert adopted.cell().checks_declared == 4
    assert f"passed          {AMD64}  (4 checks)" in done.text
    assert "selected" not in done.text


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_check_that_pytest_does_not_collect_never_ran(
    adopted: Project, workers: tuple[str, ...]
) -> None:
    done = adopted.pytest(CELL, "-o", "python_functions=check_*", *workers)
    assert done.exit_status == 1
    assert verdicts(adopted) == {
        "test_it::check_own": Verdict.PASSED,
        **dict.fromkeys(GENERIC, Verdict.NEVER_RAN),
    }
    assert adopted.result.verdict is Verdict.NEVER_RAN
    assert adopted.check("test_packaged::test_generic").reason == NOT_COLLECTED
    assert adopted.check("test_packaged::test_generic").states == ("upgraded",)
    assert f"3 checks never ran: {NOT_COLLECTED}" in done.text
    page = (adopted.reports / "index.html").read_text()
    assert "pytest did not collect this check" in page


def test_a_run_that_collects_nothing_is_not_green(adopted: Project) -> None:
    done = adopted.pytest(CELL, "-o", "python_functions=nothing_*")
    assert done.exit_status != 0
    assert verdicts(adopted) == dict.fromkeys(GENERIC, Verdict.NEVER_RAN)


def test_a_hook_that_hides_the_files_is_detected(adopted: Project) -> None:
    hook = "\ndef pytest_pycollect_makemodule(module_path, parent):\n"
    hook += "    if module_path.name == 'test_packaged.py':\n        import pytest\n"
    hook += "        return pytest.Dir.from_parent(parent, path=module_path.parent / 'none')\n"
    conftest = adopted.folder / "conftest.py"
    before = conftest.read_text()
    conftest.write_text(before + hook)
    try:
        (adopted.folder / ".venv/upgradeproof/suites/none").mkdir(exist_ok=True)
        done = adopted.pytest(CELL)
    finally:
        conftest.write_text(before)
    assert done.exit_status == 1
    assert adopted.check("test_packaged::test_generic").verdict is Verdict.NEVER_RAN


@pytest.mark.parametrize(
    ("words", "selected"),
    [
        (("-k", "own"), 1),
        (("-k", "thing-helper"), 1),
        (("test_it.py",), 1),
        (("--deselect=test_it.py",), 3),
        (("--ignore-glob=*/test_packaged.py",), 1),
    ],
)
def test_a_selection_is_reported_with_its_share(
    adopted: Project, words: tuple[str, ...], selected: int
) -> None:
    done = adopted.pytest(CELL, *words)
    assert done.exit_status == 0, done.text
    assert f"({selected} of 4 checks selected)" in done.text
    assert (len(adopted.cell().checks), adopted.cell().checks_declared) == (selected, 4)
    line = f"{selected} of 4 checks selected: the others were deselected"
    for report in ("index.html", "summary.md"):
        assert line in (adopted.reports / report).read_text()


def test_last_failed_skips_files_without_missing_checks(adopted: Project) -> None:
    (adopted.folder / "test_it.py").write_text(OWN + "def test_bad(upgraded): assert 0\n")
    try:
        with_cache = (CELL, "-o", "addopts=--strict-markers")
        assert adopted.pytest(*with_cache).exit_status == 1
        again = adopted.pytest(*with_cache, "--lf")
    finally:
        (adopted.folder / "test_it.py").write_text(OWN)
    assert again.exit_status == 1
    assert verdicts(adopted) == {"test_it::test_bad": Verdict.FAILED}


def test_cells_that_are_not_selected_have_no_missing_checks(adopted: Project) -> None:
    assert adopted.pytest(CELL).exit_status == 0
    assert [(c.id, c.selected) for c in adopted.result.cells] == [(AMD64, True), (ARM64, False)]


def test_a_suite_that_does_not_load_is_broken_and_not_missing(adopted: Project) -> None:
    suite = adopted.folder / ".venv/upgradeproof/suites/test_packaged.py"
    suite.write_text(f"import no_such_module\n{PACKAGED}")
    try:
        done = adopted.pytest(CELL, "--continue-on-collection-errors")
    finally:
        suite.write_text(PACKAGED)
    assert done.exit_status == 1
    assert verdicts(adopted) == {
        "test_it::test_own": Verdict.PASSED,
        "test_packaged::collection": Verdict.BROKEN,
    }


def test_each_cell_of_the_checkout_must_have_what_pytest_collects() -> None:
    """The engine reads the source of the suites: it declares the checks that pytest collects."""
    done = Project(ROOT, path=str(ROOT), cold=True).pytest(
        "--collect-only", "-q", "-p", "no:cacheprovider", "suites"
    )
    assert done.exit_status == 0, done.text
    cells = {cell.id: cell for cell in Home(ROOT).cells}
    lines = (line for line in done.text.splitlines() if line.startswith("suites/"))
    collected = {found for line in lines if (found := check_of(line, cells))}
    tests = packaged_tests(ROOT / "suites", ROOT / "fixtures")
    declared = {(c, check) for c, cell in cells.items() for t in tests for check in t.checks(cell)}
    assert declared - collected == set()
    assert collected - declared == set()
