"""Expected changes that did not happen: every run reports them, and a strict run fails."""

from __future__ import annotations

import hashlib

import pytest

from tests.unit.plugin.project import AMD64, PLAN, Project, make_project
from upgradeproof.results import PlanFile, UnusedChange, Verdict

SUITE = """
def test_a(upgraded): pass
def test_b(rebooted): pass
"""
UNUSED = """
[[expect.change]]
facts = ["packages/old", "data/note/stderr"]
reason = "it was right in an earlier release"
"""


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("unused"), PLAN + UNUSED).write(test_it=SUITE)


def test_a_full_run_reports_them_and_a_strict_run_fails(project: Project) -> None:
    completed = project.pytest()
    assert completed.exit_status == 0, completed.text
    lines = completed.text.splitlines()
    at = lines.index("1 expected change did not happen on any platform:")
    assert lines[at + 1] == "  thing: packages/old"
    assert project.result.unused == (
        UnusedChange(
            product="thing", facts="packages/old", reason="it was right in an earlier release"
        ),
    )
    path = project.folder / "upgrade.toml"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert project.result.plans == (PlanFile(product="thing", path="upgrade.toml", sha256=digest),)
    page = (project.reports / "index.html").read_text(encoding="utf-8")
    assert "Expected changes that did not happen" in page
    summary = (project.reports / "summary.md").read_text(encoding="utf-8")
    assert "| thing | packages/old | it was right in an earlier release |" in summary

    strict = project.pytest("--upgradeproof-strict")
    assert strict.exit_status == 1
    assert (
        "1 expected change did not happen on any platform, which makes a strict run fail:"
        in strict.text.splitlines()
    )
    assert project.result.verdict is Verdict.FAILED
    assert all(cell.verdict is Verdict.PASSED for cell in project.result.cells)


@pytest.mark.parametrize("words", [("-k", "test_a"), (f"--upgradeproof-cell={AMD64}",)])
def test_a_partial_run_does_not_report_them(project: Project, words: tuple[str, ...]) -> None:
    completed = project.pytest("--upgradeproof-strict", *words)
    assert completed.exit_status == 0, completed.text
    assert "did not happen" not in completed.text
    assert project.result.unused == ()


def test_a_change_that_was_accepted_before_a_run_is_not_reported_after_it(project: Project) -> None:
    project.reports.mkdir(parents=True)
    (project.reports / "accepted.json").write_text("[]")
    project.pytest("-k", "test_a")
    assert not (project.reports / "accepted.json").exists()
