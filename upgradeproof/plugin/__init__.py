"""The pytest plugin: cells become parameters, states become fixtures, reports become verdicts.

The only room of the engine that knows pytest. It does nothing in a project without a plan.
"""

from upgradeproof.plugin.hooks import (
    pytest_addoption,
    pytest_configure,
    pytest_generate_tests,
)
from upgradeproof.plugin.states import (
    cell,
    installed,
    installed_rebooted,
    rebooted,
    rolled_back,
    upgraded,
    upgraded_again,
    upgradeproof_runner,
)

__all__ = [
    "cell",
    "installed",
    "installed_rebooted",
    "pytest_addoption",
    "pytest_configure",
    "pytest_generate_tests",
    "rebooted",
    "rolled_back",
    "upgraded",
    "upgraded_again",
    "upgradeproof_runner",
]
