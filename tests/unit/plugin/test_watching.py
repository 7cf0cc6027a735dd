"""The upgrade is watched if a selected test reads the result, and only then."""

from __future__ import annotations

from tests.unit.plugin.project import AMD64, Project

WATCHED = """
[[expect.endpoint]]
id = "site"
kind = "http"
port = 80
[[expect.disruption]]
endpoint = "site"
max_downtime_ms = 0
max_total_downtime_ms = 0
"""
SUITE = """
import pytest

def test_a(upgraded): pass
@pytest.mark.subject("disruption")
def test_b(upgraded, disruption): assert upgraded.availability
"""


def watched(project: Project, *arguments: str) -> list[str]:
    """Run pytest, and return the endpoints that were requested during the upgrade."""
    project.pytest(f"--upgradeproof-cell={AMD64}", *arguments)
    return [seen.endpoint for seen in project.cell(AMD64).availability]


def test_an_upgrade_is_watched_only_for_tests_that_read_the_result(project: Project) -> None:
    project.write(test_it=SUITE)
    plan = project.folder / "upgrade.toml"
    plan.write_text(plan.read_text() + WATCHED)
    assert watched(project, "-k", "test_a") == []
    assert watched(project) == ["site"]
    assert watched(project, "-n", "1", "--upgradeproof-fresh") == ["site"]
