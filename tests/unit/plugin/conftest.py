"""Fixtures of the plugin's tests."""

from __future__ import annotations

import pytest

import upgradeproof.plugin.hooks
import upgradeproof.plugin.scheduling  # noqa: F401  # pytester forgets what is imported in it
from tests.unit.plugin.project import Project, make_project
from upgradeproof.home import SUITES


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    """Return a project in pytester's folder, in which pytest runs as a process of its own."""
    return make_project(pytester.path)


@pytest.fixture
def inside(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return pytester in a project with a plan: pytest runs in this process, for tests that have
    nothing to do with machines, or few of them, and without the suites of the engine."""
    for name, value in make_project(pytester.path).environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTEST_ADDOPTS", f"--ignore={SUITES}")
    pytester.syspathinsert()
    return pytester
