"""Wire the plugin into pytest: options, configuration, and the parts that do the work."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Generator
from pathlib import Path

import pytest

from upgradeproof import cache
from upgradeproof.errors import UpgradeproofError
from upgradeproof.imaging.emulation import slowest_first
from upgradeproof.plugin.collecting import add_packaged_suites, selects_by_path
from upgradeproof.plugin.expected import Expected
from upgradeproof.plugin.html import HtmlColumns
from upgradeproof.plugin.parameters import (
    declare_marks,
    declare_own_marks,
    parametrize,
    without_subject,
)
from upgradeproof.plugin.progress import Progress
from upgradeproof.plugin.recording import VerdictRecorder
from upgradeproof.plugin.reporting import Reporter, lock_and_clear
from upgradeproof.plugin.run import RUN, Session, start_session
from upgradeproof.plugin.scheduling import Scheduler
from upgradeproof.plugin.shard_selection import add_shard_option
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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    group = parser.getgroup("upgradeproof", "upgrades of real machines")
    group.addoption(
        "--plan",
        action="append",
        metavar="PATH",
        help="an upgrade.toml; default: ./upgrade.toml and ./products/*/upgrade.toml",
    )
    group.addoption(
        "--cell",
        action="append",
        metavar="GLOB",
        help="only the cells whose id matches; may be repeated",
    )
    group.addoption(
        "--defect",
        metavar="PATH",
        help="a product's defects/*.toml to inject into its upgrade: the run must then fail",
    )
    group.addoption("--reports", metavar="DIR", help="where the reports go; default: reports/out")
    group.addoption(
        "--fresh",
        action="store_true",
        default=False,
        help="rebuild every state and use no cached one (for sign-off)",
    )
    group.addoption(
        "--upgradeproof-strict",
        action="store_true",
        default=False,
        help="fail if an expected change of a plan did not happen on any platform",
    )
    add_shard_option(group)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Take part in the run, where there is a plan."""
    declare_own_marks(config)
    _refuse_paths_that_move_the_root(config)
    try:
        part = start_session(config)
        if part is None:
            return
        declare_marks(config, part)
        part.chosen  # noqa: B018  # a glob that fits no cell is an error now, not at collection
        part.selected_by_path = selects_by_path(config)
        config.stash[RUN] = part
        config.pluginmanager.register(Selection(part, config), "upgradeproof-selection")
        _register_fixtures(config, part)
        suites = add_packaged_suites(config, part)
        if _only_shows(config):
            return
        expected = Expected(part, suites, last_failed=bool(config.getoption("lf", False)))
        config.pluginmanager.register(VerdictRecorder(part, expected), "upgradeproof-recorder")
        if part.worker == "main":
            _configure_controller(config, part)
    except UpgradeproofError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests their cells."""
    part = metafunc.config.stash.get(RUN, None)
    if part is not None:
        parametrize(metafunc, part)


class Selection:
    """Drop the tests that no plan has a subject for, and keep each cell's tests together."""

    def __init__(self, part: Session, config: pytest.Config) -> None:
        self._part = part
        self._config = config

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Sort by cell, in the order of the files: pytest itself would sort by subject too.

        Cells come in the order of the plans; for workers side by side those that take long begin.
        A test without a subject counts as deselected: nothing was declared for it, so nothing is
        missing.
        """
        left_out = list(without_subject(items))
        items[:] = [item for item in items if item not in left_out]
        self._config.hook.pytest_deselected(items=left_out)
        place = {item: at for at, item in enumerate(items)}
        yield
        ids = list(self._part.cells)
        if self._part.worker != "main":
            ids.sort(key=lambda cell: slowest_first(self._part.cells[cell]))
        cells = {cell: at for at, cell in enumerate(ids)}
        found = {item: self._part.find_check(item.nodeid) for item in items}

        def order(item: pytest.Item) -> tuple[int, bool, int]:
            check = found[item]
            later = item.get_closest_marker("first") is None
            return (cells[check[0].id] if check else -1), later, place[item]

        items.sort(key=order)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Have upgrades watched where a test that was not deselected looks at what was seen."""
        self._part.watched = any(
            "disruption" in getattr(item, "fixturenames", ()) for item in session.items
        )


def _refuse_paths_that_move_the_root(config: pytest.Config) -> None:
    """Fail where pytest took the value of one of our options for a place of tests.

    pytest looks for the project's root before it knows a plugin's options: the path of
    ``--plan PATH``, as two words, then moves the root, and the project's settings are lost.
    """
    words = config.invocation_params.args
    if config.args_source is pytest.Config.ArgsSource.ARGS or hasattr(config, "workerinput"):
        return
    for option, value in itertools.pairwise(words):
        if option in ("--plan", "--reports") and Path(value).exists():
            raise pytest.UsageError(
                f"write {option}={value}, as one word: as two, pytest takes the path for the place"
                " of the tests"
            )


def _only_shows(config: pytest.Config) -> bool:
    """Tell whether pytest is asked for something to read: no test runs, and no report is touched.

    Else ``pytest --help`` would take away what the run before found.
    """
    return any(config.getoption(name, None) for name in ONLY_SHOWN)


def _configure_controller(config: pytest.Config, part: Session) -> None:
    """Set up what only the controlling process does."""
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(Scheduler(part), "upgradeproof-scheduler")
    Limits.of(cache.folder())  # a wrong variable is an error now, not when a state is cached
    config.pluginmanager.register(
        Reporter(part, lock_and_clear(part.reports)), "upgradeproof-reporter"
    )
    if config.option.xmlpath is None:
        config.option.xmlpath = str(part.reports / "junit.xml")
    if config.pluginmanager.hasplugin("html"):
        config.pluginmanager.register(HtmlColumns(), "upgradeproof-html")
        if config.option.htmlpath is None:
            config.option.htmlpath = str(part.reports / "pytest.html")
            config.option.self_contained_html = True
    config.pluginmanager.register(Progress(part, config), "upgradeproof-progress")


def _register_fixtures(config: pytest.Config, part: Session) -> None:
    """Offer the fixtures that the wheel's suites use."""
    if (fixtures := part.home.generic_fixtures) is not None:
        for path in sorted(fixtures.glob("*.py")):
            config.pluginmanager.register(_load(path), f"upgradeproof-fixtures-{path.stem}")


def _load(path: Path) -> object:
    """Load a file of fixtures from where it lies; nothing imports it by name."""
    spec = importlib.util.spec_from_file_location(f"upgradeproof_fixtures_{path.stem}", path)
    assert spec is not None  # noqa: S101  # a .py file always has a loader
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
