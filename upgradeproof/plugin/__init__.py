"""The pytest plugin: cells become parameters, states become fixtures, reports become verdicts.

The only room of the engine that knows pytest. It does nothing in a project without a plan.
"""

from upgradeproof.plugin.hooks import (
    pytest_addoption,
    pytest_configure,
    pytest_generate_tests,
)
from upgradeproof.plugin.states import STATE_FIXTURES, cell, upgradeproof_runner

__all__ = [
    "cell",
    "pytest_addoption",
    "pytest_configure",
    "pytest_generate_tests",
    "upgradeproof_runner",
]

globals().update(STATE_FIXTURES)  # pytest finds fixtures among a module's names
