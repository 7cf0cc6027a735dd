"""Composition root of the suites: which fixtures they use. The engine comes by its entry point."""

from __future__ import annotations

from pathlib import Path

import pytest

FIXTURES = (
    "fixtures.expectations",
    "fixtures.in_use",
    "fixtures.kernels",
    "fixtures.outages",
    "fixtures.preflight",
    "fixtures.under_load",
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures, in a run of this project.

    pytest also reads this file where another project uses the suites of an editable installation,
    and refuses ``pytest_plugins`` there. That project has the fixtures from the package.
    """
    if config.rootpath == Path(__file__).parent:
        for module in FIXTURES:
            config.pluginmanager.import_plugin(module)
