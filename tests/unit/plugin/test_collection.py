"""The wheel's suites are collected wherever they are installed, whatever the project's settings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests import fork_server
from tests.environments import build_wheel, make_environment
from tests.forked import ForkServer
from tests.unit.plugin.project import ROOT
from upgradeproof.starter import write_starter

CELL = "debian-12-amd64.container.bash-completion-12-to-13"
TEST = re.compile(rf"^\S*?(\w+)\.py::(\w+)\[{re.escape(CELL)}(?:-(.+))?\]$", re.MULTILINE)
OWN_TESTS = 2
TIMEOUT_S = 60
ALONE = {"PYTEST_ADDOPTS": "", "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": ""}
"""Variables of the runs. pytest writes what it compiled: it compiles each module of the wheel."""
IMPORTS = """
import upgradeproof.plugin.hooks
import upgradeproof.suites
from upgradeproof.probes import every_probe

def test_it(): every_probe()
"""


@dataclass(frozen=True)
class Adopter:
    """A project with the first plan and suite, and an environment with the wheel."""

    folder: Path
    programs: Path
    path: str = ""
    """Where Python looks for packages before those that are installed."""
    server: ForkServer | None = None
    """What forks the runs from one Python of the environment; None: each starts one."""

    def collect(self, *words: str) -> str:
        """Have pytest collect the project's checks and return what it printed."""
        argv = [str(self.programs / "pytest"), "--collect-only", "-q", *words]
        environment = {**os.environ, **ALONE, "PYTHONPATH": self.path}
        if self.server:
            done = self.server.run(
                "pytest:console_main",
                argv,
                folder=self.folder,
                environment=environment,
                timeout_s=TIMEOUT_S,
            )
            assert done.ok, done.tail
            return done.text
        process = subprocess.run(
            argv, cwd=self.folder, env=environment, check=False, capture_output=True, text=True
        )
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout

    def collected(self, *words: str) -> Counter[tuple[str, ...]]:
        """Return the checks that pytest collects: suite, test and subject, with their number."""
        return Counter(TEST.findall(self.collect(*words)))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def adopter(folder: Path, programs: Path) -> Adopter:
    folder.mkdir(parents=True, exist_ok=True)
    write_starter(folder)
    return Adopter(folder, programs)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """Return an environment outside of any project."""
    folder = tmp_path_factory.mktemp("first")
    make_environment(folder, wheel)
    return folder


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory, first: Path) -> Counter[tuple[str, ...]]:
    """Return what is collected with an environment outside of the project, without a setting."""
    return adopter(tmp_path_factory.mktemp("outside"), first / "bin").collected()


@pytest.fixture(scope="module")
def inside(
    tmp_path_factory: pytest.TempPathFactory, first: Path, outside: Counter[tuple[str, ...]]
) -> Adopter:
    """Return a project with its environment in ``.venv``, as the tutorial makes it."""
    folder = tmp_path_factory.mktemp("inside")
    project = adopter(folder, make_environment(folder / ".venv", like=first))
    return replace(project, server=forks_of(project, tmp_path_factory.mktemp("forks")))


def forks_of(project: Adopter, folder: Path) -> ForkServer:
    """Return what forks from a project's Python, which knows this module of the checkout alone."""
    (folder / "tests").mkdir()
    (folder / "tests" / "fork_server.py").symlink_to(fork_server.__file__)
    (folder / "test_imports.py").write_text(IMPORTS)
    environment = {**ALONE, "PYTHONPATH": str(folder)}
    return ForkServer(str(project.programs / "python"), folder, "test_imports.py", environment)


def test_each_check_is_collected_once(outside: Counter[tuple[str, ...]]) -> None:
    assert set(outside.values()) == {1}
    own = [name for name in outside if name[0] == "test_upgrade"]
    assert (len(own), len(outside) > 60) == (OWN_TESTS, True)


@pytest.mark.parametrize("layout", [".venv", "venv", "env", "build/tools/.venv"])
def test_an_environment_inside_the_project_changes_nothing(
    layout: str, first: Path, tmp_path: Path, outside: Counter[tuple[str, ...]]
) -> None:
    programs = make_environment(tmp_path / layout, like=first)
    assert adopter(tmp_path, programs).collected() == outside


def test_a_project_below_a_hidden_folder_changes_nothing(
    first: Path, tmp_path: Path, outside: Counter[tuple[str, ...]]
) -> None:
    folder = tmp_path / ".hidden/build/project"
    programs = make_environment(folder / ".venv", like=first)
    assert adopter(folder, programs).collected() == outside


def test_a_project_inside_its_environment_changes_nothing(
    first: Path, tmp_path: Path, outside: Counter[tuple[str, ...]]
) -> None:
    programs = make_environment(tmp_path / "env", like=first)
    assert adopter(tmp_path / "env/src/project", programs).collected() == outside


def test_an_editable_installation_of_a_checkout_changes_nothing(
    tmp_path: Path, outside: Counter[tuple[str, ...]]
) -> None:
    write_starter(tmp_path)
    (tmp_path / "images").symlink_to(ROOT / "images")
    developer = Adopter(tmp_path, Path(sys.executable).parent, str(ROOT))
    assert developer.collected() == outside


@pytest.mark.parametrize(
    "words",
    [
        ("--rootdir=.",),
        ("-p", "no:cacheprovider", "--doctest-modules"),
        ("--import-mode=importlib",),
        ("-n", "2"),
        (".",),
        ("--ignore=.venv",),
        ("--ignore-glob=*/.venv/*",),
        ("-o", "norecursedirs=.* lib site-packages suites data"),
        ("-o", "testpaths=test_upgrade.py"),
        ("-o", "python_files=test_upgrade.py"),
        ("-o", "addopts=test_upgrade.py"),
    ],
    ids=" ".join,
)
def test_a_setting_changes_nothing(
    words: tuple[str, ...], inside: Adopter, outside: Counter[tuple[str, ...]]
) -> None:
    assert inside.collected(*words) == outside


def test_another_root_changes_nothing(
    first: Path, tmp_path: Path, outside: Counter[tuple[str, ...]]
) -> None:
    project = adopter(tmp_path, make_environment(tmp_path / ".venv", like=first))
    (tmp_path / "tests").mkdir()
    shutil.move(tmp_path / "test_upgrade.py", tmp_path / "tests")
    below = Adopter(tmp_path / "tests", project.programs)
    assert below.collected("--rootdir=..") == outside


def test_tests_of_other_packages_are_not_collected(inside: Adopter) -> None:
    """Only the folder of the suites is collected, and no folder next to it."""
    libraries = next(inside.programs.parent.glob("lib/*/site-packages"))
    for folder in (libraries, libraries / "other", libraries.parent, inside.programs):
        folder.mkdir(exist_ok=True)
        (folder / "test_of_another.py").write_text("def test_of_another(upgraded): pass\n")
    for words in ((), ("-o", "testpaths=test_upgrade.py")):
        assert "test_of_another" not in inside.collect(*words)


@pytest.mark.parametrize("words", [("test_upgrade.py",), ("--ignore=SUITES",)], ids=" ".join)
def test_a_path_selects_and_ignoring_the_suites_deselects(
    words: tuple[str, ...], inside: Adopter
) -> None:
    suites = next(inside.programs.parent.glob("lib/*/site-packages/upgradeproof/suites"))
    found = inside.collected(*(word.replace("SUITES", str(suites)) for word in words))
    assert {name[0] for name in found} == {"test_upgrade"}


def test_one_suite_is_ignored_by_its_name(
    inside: Adopter, outside: Counter[tuple[str, ...]]
) -> None:
    found = inside.collected("--ignore-glob=*/test_kernel_log.py")
    assert {name[0] for name in outside - found} == {"test_kernel_log"}
    assert not found - outside
