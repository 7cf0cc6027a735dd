"""Wire the plugin into pytest, in a project with a plan: the parts that do the work."""

from __future__ import annotations

import pytest

from upgradeproof import cache
from upgradeproof.errors import UpgradeproofError
from upgradeproof.plugin import states
from upgradeproof.plugin.collecting import add_packaged_suites, selects_by_path
from upgradeproof.plugin.expected import Expected
from upgradeproof.plugin.html import HtmlColumns
from upgradeproof.plugin.load_extras import LoadExtras
from upgradeproof.plugin.options import wants_html, wants_junit
from upgradeproof.plugin.parameters import Parameters, declare_marks
from upgradeproof.plugin.progress import Progress
from upgradeproof.plugin.recording import VerdictRecorder
from upgradeproof.plugin.reporting import Reporter
from upgradeproof.plugin.run import RUN, Session, start_session
from upgradeproof.plugin.selection import register_selection
from upgradeproof.runner.storage import Limits

ONLY_SHOWN = (
    "cacheshow",
    "collectonly",
    "help",
    "markers",
    "setupplan",
    "show_fixtures_per_test",
    "showfixtures",
)
"""What pytest calls its options that run no test."""


def configure(config: pytest.Config) -> None:
    """Take part in the run. Raises UsageError for a wrong plan or setting."""
    try:
        _configure(config, start_session(config))
    except UpgradeproofError as error:
        raise pytest.UsageError(str(error)) from None


def _configure(config: pytest.Config, part: Session) -> None:
    declare_marks(config, part)
    part.chosen  # noqa: B018  # a glob that fits no cell is an error now, not at collection
    for cell in part.chosen.values():
        part.home.placement.engine_of(cell)  # and a cell that no engine can run
    part.subjects  # noqa: B018  # and so is a subject that is there twice
    part.selected_by_path = selects_by_path(config)
    config.stash[RUN] = part
    config.pluginmanager.register(states, "upgradeproof-states")
    config.pluginmanager.register(Parameters(part), "upgradeproof-parameters")
    register_selection(config, part)
    for name in part.home.fixture_modules if part.home.generic_suites else ():
        config.pluginmanager.import_plugin(name)
    suites = add_packaged_suites(config, part)
    if _only_shows(config):
        return
    config.pluginmanager.register(LoadExtras(part), "upgradeproof-load-extras")
    expected = Expected(part, suites, last_failed=bool(config.getoption("lf", False)))
    config.pluginmanager.register(VerdictRecorder(part, expected), "upgradeproof-recorder")
    if part.worker == "main":
        _configure_controller(config, part)


def _only_shows(config: pytest.Config) -> bool:
    """Return whether pytest only prints information: no test runs, and no report is changed.

    Otherwise ``pytest --help`` would remove the results of the run before.
    """
    return any(config.getoption(name, None) for name in ONLY_SHOWN)


def _configure_controller(config: pytest.Config, part: Session) -> None:
    """Set up what only the controlling process does."""
    if config.pluginmanager.hasplugin("xdist"):
        from upgradeproof.plugin.scheduling import Scheduler  # noqa: PLC0415  # xdist is optional

        config.pluginmanager.register(Scheduler(part), "upgradeproof-scheduler")
    Limits.of(cache.folder())  # a wrong variable is an error now, not when a state is cached
    config.pluginmanager.register(Reporter(part), "upgradeproof-reporter")
    if wants_junit(config) and config.option.xmlpath is None:
        config.option.xmlpath = str(part.reports / "junit.xml")
    if config.pluginmanager.hasplugin("html"):
        config.pluginmanager.register(HtmlColumns(), "upgradeproof-html")
        if wants_html(config) and config.option.htmlpath is None:
            config.option.htmlpath = str(part.reports / "pytest.html")
            config.option.self_contained_html = True
    config.pluginmanager.register(Progress(part, config), "upgradeproof-progress")
