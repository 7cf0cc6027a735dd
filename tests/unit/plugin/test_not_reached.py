"""A step that fails is one failed check; one line reports the checks that never ran after it."""

from __future__ import annotations

from tests.unit.plugin.project import AMD64, PLAN, Project
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


def failing(project: Project) -> str:
    """Run the suite on an upgrade whose step fails, and return what pytest prints."""
    plan = PLAN.replace("echo 2.0 >packages/thing", "echo thing: disk is full >&2; exit 3")
    (project.folder / "upgrade.toml").write_text(plan, encoding="utf-8")
    project.write(test_it=SUITE)
    done = project.pytest(f"--upgradeproof-cell={AMD64}", "-rs")
    assert done.exit_status == 1
    return done.text


def test_the_check_that_is_marked_first_has_the_cause(project: Project) -> None:
    failing(project)
    first, *_ = project.cell().checks
    assert (first.id, first.verdict) == ("test_it::test_upgrade_completes", Verdict.FAILED)
    assert first.reason.splitlines()[:2] == [
        "the step 'upgrade' failed with exit status 3",
        "thing: disk is full",
    ]


def test_checks_of_the_state_never_ran_and_pytest_prints_one_line_for_them(
    project: Project,
) -> None:
    text = failing(project)
    for name in ("test_a", "test_b"):
        check = project.check(f"test_it::{name}")
        assert (check.verdict, check.reason) == (Verdict.NEVER_RAN, WHY)
    assert [line for line in text.splitlines() if WHY in line and "SKIPPED" in line] == [
        f"SKIPPED [2] test_it.py:0: {WHY}"
    ]


def test_checks_of_other_states_have_their_own_verdicts(project: Project) -> None:
    failing(project)
    assert project.check("test_it::test_of_before").verdict is Verdict.PASSED
    assert project.check("test_it::test_of_a_kernel").verdict is Verdict.NOT_APPLICABLE
