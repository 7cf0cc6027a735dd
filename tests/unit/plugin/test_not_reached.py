"""A step that fails is one failed check; one line reports the checks that never ran after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plugin.project import AMD64, PLAN, Project, make_project
from upgradeproof.results import Verdict

SUITE = """
import pytest

def test_a(upgraded): pass
def test_b(upgraded): pass
@pytest.mark.own_kernel
def test_of_a_kernel(upgraded): pass
def test_of_before(installed): pass
@pytest.mark.first
def test_upgrade_completes(upgraded): pass
"""
WHY = "upgraded was not reached: the step 'upgrade' failed with exit status 3"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose suite has run on an upgrade with a step that fails."""
    plan = PLAN.replace("echo 2.0 >packages/thing", "echo thing: disk is full >&2; exit 3")
    project = make_project(tmp_path_factory.mktemp("failing"), plan).write(test_it=SUITE)
    done = project.pytest(f"--upgradeproof-cell={AMD64}", "-rs")
    assert done.exit_status == 1
    terminal(project).write_text(done.text, encoding="utf-8")
    return project


def terminal(project: Project) -> Path:
    """Return the file with what pytest printed."""
    return project.folder / "terminal.txt"


def test_the_check_that_is_marked_first_has_the_cause(project: Project) -> None:
    first, *_ = project.cell().checks
    assert (first.id, first.verdict) == ("test_it::test_upgrade_completes", Verdict.FAILED)
    assert first.reason.splitlines()[:2] == [
        "the step 'upgrade' failed with exit status 3",
        "thing: disk is full",
    ]


def test_checks_of_the_state_never_ran_and_pytest_prints_one_line_for_them(
    project: Project,
) -> None:
    text = terminal(project).read_text(encoding="utf-8")
    for name in ("test_a", "test_b"):
        check = project.check(f"test_it::{name}")
        assert (check.verdict, check.reason) == (Verdict.NEVER_RAN, WHY)
    assert [line for line in text.splitlines() if WHY in line and "SKIPPED" in line] == [
        f"SKIPPED [2] test_it.py:0: {WHY}"
    ]


def test_checks_of_other_states_have_their_own_verdicts(project: Project) -> None:
    assert project.check("test_it::test_of_before").verdict is Verdict.PASSED
    assert project.check("test_it::test_of_a_kernel").verdict is Verdict.NOT_APPLICABLE
