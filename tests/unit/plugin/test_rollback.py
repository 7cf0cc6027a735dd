"""Checks of the states after a rollback exist only for cells whose upgrade has a rollback."""

from __future__ import annotations

from tests.unit.plugin.project import AMD64, PLAN, WITH_ROLLBACK, Project
from upgradeproof.results import Verdict

SUITE = """
import pytest

def test_back(rolled_back): assert rolled_back.took_s < rolled_back.cell.upgrade.rollback_limit_s
@pytest.mark.subject("data")
def test_forth(installed, upgraded_again, data): assert upgraded_again.read(data) == data.equals
"""


def test_only_a_cell_with_a_rollback_has_checks_of_the_states_after_it(project: Project) -> None:
    project.write(test_it=SUITE)
    (project.folder / "upgrade.toml").write_text(PLAN + WITH_ROLLBACK, encoding="utf-8")
    done = project.pytest()
    assert done.exit_status == 0, done.text
    assert [cell.id for cell in project.result.cells if cell.selected] == [f"{AMD64[:-1]}3"]
    cell = project.cell(f"{AMD64[:-1]}3")
    assert [state.name for state in cell.states] == [
        "base",
        "installed",
        "upgraded",
        "rolled_back",
        "upgraded_again",
    ]
    assert {check.id: (check.verdict, check.states) for check in cell.checks} == {
        "test_it::test_back": (Verdict.PASSED, ("rolled_back",)),
        "test_it::test_forth[note]": (Verdict.PASSED, ("installed", "upgraded_again")),
    }
