"""Have the packaged suites collected, wherever they are installed.

pytest does not enter a virtual environment below its root, nor a folder that ``norecursedirs``
names, and the packaged suites are in such folders where the environment is a part of the project.
So the folders that lead to the suites are entered, and nothing next to them.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from upgradeproof.plugin.run import Session


def selects_by_path(config: pytest.Config) -> bool:
    """Return whether the command line names the paths of tests: then these, and no others, run.

    A path in ``addopts`` or ``testpaths`` is a setting and selects nothing, and neither does a
    folder that the whole project is in, such as ``.``.
    """
    words = config.invocation_params.args
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return False
    if any(word.startswith("@") for word in words):  # a file with further words
        return True
    named = [word for word in config.args if word in words]
    return bool(named) and not any(
        config.rootpath.is_relative_to(path) for path in _paths(config, named)
    )


def add_packaged_suites(config: pytest.Config, part: Session) -> PackagedSuites | None:
    """Collect the wheel's suites next to a project's own, and return the hook that enters them.

    Where the command line names paths, and in a checkout, whose suites are its project's own,
    nothing is added. None: there are no packaged suites here.
    """
    suites = part.home.packaged_suites
    if suites is None:
        return None
    opened = PackagedSuites(config, suites)
    if part.selected_by_path:
        return opened
    config.pluginmanager.register(opened, "upgradeproof-packaged-suites")
    if (folder := part.home.generic_suites) is not None:
        config.addinivalue_line("python_files", f"{glob.escape(str(suites))}{os.sep}test_*.py")
        # pytest drops a path below another one, or enters every folder above it. The suites are
        # found from the other path, since PackagedSuites enters just the folders that lead to
        # them. The folder above is named, so that ids begin with ``suites/``, as in a checkout.
        if not any(folder.is_relative_to(path) for path in _paths(config, config.args)):
            config.args.append(str(folder.parent))
    return opened


def _paths(config: pytest.Config, words: Iterable[str]) -> list[Path]:
    """Return the paths of pytest's arguments, absolute; links are not followed, as in pytest."""
    start = config.invocation_params.dir
    return [Path(os.path.normpath(start / word.partition("::")[0])) for word in words]


class PackagedSuites:
    """Decide which folders above the packaged suites pytest enters."""

    def __init__(self, config: pytest.Config, suites: Path) -> None:
        """Know the suites' folder, and what the user ignores."""
        start = config.invocation_params.dir
        self._suites = suites
        self._way = {*suites.parents, suites}
        self._opened: set[Path] = {suites.parent}
        self._paths = {
            Path(os.path.normpath(start / path)) for path in config.getoption("ignore") or ()
        }
        self._globs = [str(start / path) for path in config.getoption("ignore_glob") or ()]

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path, config: pytest.Config) -> bool | None:
        """Enter each folder above the suites, and none next to it that pytest would not.

        A suite that ``--ignore`` names is left out. An option that ignores the environment as a
        whole means the tests of its other packages.
        """
        if collection_path in self._way:
            return self._above_the_suites(collection_path, config)
        if collection_path.parent in self._opened:
            return True
        if self._suites in collection_path.parents and collection_path.suffix == ".py":
            return self._is_ignored(collection_path)
        return None

    def _above_the_suites(self, path: Path, config: pytest.Config) -> bool | None:
        if path == self._suites:
            return self._is_ignored(path)
        others = config.pluginmanager.subset_hook_caller("pytest_ignore_collect", [self])
        if path.parent in self._opened or others(collection_path=path, config=config):
            self._opened.add(path)
        return False

    def _is_ignored(self, path: Path) -> bool:
        """Return whether the user ignores this suite, and not the whole environment."""
        return path in self._paths or any(
            fnmatch.fnmatch(str(path), each) and not fnmatch.fnmatch(str(self._suites.parent), each)
            for each in self._globs
        )

    def leaves_out(self, suite: str) -> bool:
        """Return whether ``--ignore`` or ``--ignore-glob`` leaves out a suite, by its name."""
        path = self._suites / f"{suite}.py"
        return self._is_ignored(self._suites) or self._is_ignored(path)
