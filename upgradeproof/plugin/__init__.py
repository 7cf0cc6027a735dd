"""The pytest plugin: cells become parameters, states become fixtures, reports become verdicts.

The only package of the engine that imports pytest. This file is imported by each pytest process on
a host that has the package installed, so it imports nothing else: in a project without a plan
there are only our options and hook specifications, no fixture and no mark.
"""

from __future__ import annotations

import pytest

from upgradeproof.plugin import hookspecs
from upgradeproof.plugin.options import add_options, named_plans
from upgradeproof.settings import plan_files


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options and ini keys."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks that a project or another plugin may implement."""
    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Take part in the run, where there is a plan."""
    if named_plans(config) or plan_files(config.rootpath):
        from upgradeproof.plugin.hooks import configure  # noqa: PLC0415  # seconds, for a plan only

        configure(config)
