"""Composition root of the suites: the fixtures that they use. The engine is an entry point."""

from __future__ import annotations

import pytest

from upgradeproof.home import Home


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures, in a run of this project.

    pytest also reads this file where another project uses the suites of an editable installation,
    and refuses ``pytest_plugins`` there. That project has the fixtures from the package.
    """
    home = Home(config.rootpath)
    for module in home.fixture_modules if home.is_checkout else ():
        config.pluginmanager.import_plugin(module)
