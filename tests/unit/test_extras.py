"""An installation without the extras: all else works, and each feature has the same one message."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.environments import ROOT, make_environment
from tests.unit.plugin.project import AMD64, PLAN, Project, make_project
from upgradeproof.command import run
from upgradeproof.errors import ExtraError
from upgradeproof.extras import EXTRAS, Extra, missing, not_installed, require
from upgradeproof.load import Aim, extras_of, send
from upgradeproof.plan import Endpoint, Load
from upgradeproof.results import Verdict

LOCUST = (
    "the Python package locust, which sends the loads of the plan, is not installed\n"
    "To do: pip install 'upgradeproof[load]'"
)
LOADS = (
    "the Python packages locust, which sends the loads of the plan, and redis, which a locustfile"
    " imports, are not installed\n"
    "2 selected checks of loads: keys, pages\n"
    "To do: pip install 'upgradeproof[load,redis]', or deselect these checks:"
    ' pytest -m "not load"'
)
MATPLOTLIB = (
    "the Python package matplotlib, which draws the charts of the page, is not installed\n"
    "To do: pip install 'upgradeproof[charts]'"
)
PROMETHEUS = (
    "the Python package prometheus-client, which writes metrics.prom, is not installed\n"
    "To do: pip install 'upgradeproof[metrics]'"
)
WITH_LOADS = (
    PLAN
    + """
[[expect.port]]
port = 80
[[expect.endpoint]]
id = "page"
kind = "http"
port = 80
[[expect.load]]
id = "pages"
locustfile = "pages.py"
endpoint = "page"
model = "closed"
users = 1
duration_s = 1
[[expect.load]]
id = "keys"
locustfile = "keys.py"
endpoint = "page"
model = "closed"
users = 1
duration_s = 1
"""
)
TEST = """
import pytest

def test_is_upgraded(upgraded): pass

@pytest.mark.load
@pytest.mark.subject("load")
def test_answers(upgraded, load): pass
"""
ENTRY_POINT = "[pytest11]\nupgradeproof = upgradeproof.plugin\n"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Python of an environment that lacks the packages of all extras."""
    folder = tmp_path_factory.mktemp("environment")
    programs = make_environment(folder, without={spec.module for spec in EXTRAS.values()})
    (libraries,) = folder.glob("lib/python*/site-packages")
    (libraries / "upgradeproof-0.dist-info").mkdir()
    metadata = {"METADATA": "Name: upgradeproof\nVersion: 0\n", "entry_points.txt": ENTRY_POINT}
    for name, text in metadata.items():
        (libraries / "upgradeproof-0.dist-info" / name).write_text(text)
    return str(programs / "python")


@pytest.fixture(scope="module")
def template(python: str, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with loads, in which all checks but those of the loads have run."""
    project = make_project(tmp_path_factory.mktemp("project"), WITH_LOADS)
    project = replace(project, python=python, timeout_s=300).write(
        test_it=TEST, pages="from locust import User", keys="import redis.client, os"
    )
    done = project.pytest("-m", "not load", f"--upgradeproof-cell={AMD64}")
    assert done.exit_status == 0, done.text
    (project.folder / "terminal.txt").write_text(done.text)
    return project


@pytest.fixture
def project(template: Project, tmp_path: Path) -> Project:
    """Return a copy of that project."""
    return replace(template, folder=Path(shutil.copytree(template.folder, tmp_path / "project")))


def test_the_extras_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    del extras["dev"]
    every = extras.pop("all")
    assert set(extras) == set(EXTRAS)
    assert every == sorted(each for extra in extras.values() for each in extra)
    for extra, (requirement,) in extras.items():
        package = Extra(extra).spec.package
        assert requirement.startswith(f"{package}>=")
        assert not any(each.startswith(package) for each in project["dependencies"])


def test_an_extra_that_is_installed_is_no_error() -> None:
    assert missing(*EXTRAS) is None
    require(*EXTRAS)


def test_the_message_states_what_is_missing_what_for_and_what_to_do() -> None:
    assert str(not_installed(Extra.LOAD)) == LOCUST
    assert str(not_installed(Extra.CHARTS)) == MATPLOTLIB
    assert str(not_installed(Extra.METRICS)) == PROMETHEUS


def test_the_extras_of_a_load_are_found_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "users.py"
    found = {}
    for text in ("import os", "from redis import Redis", "from . import redis", "import ("):
        path.write_text(text)
        found[text] = extras_of(path)
    both = frozenset({Extra.LOAD, Extra.REDIS})
    assert [text for text, extras in found.items() if extras == both] == ["from redis import Redis"]
    assert {extras for extras in found.values() if extras != both} == {frozenset({Extra.LOAD})}


def test_the_engine_imports_none_of_them(python: str) -> None:
    """Every module but those that Locust or the prober's process imports."""
    script = """if True:
        import importlib, pkgutil, sys
        import upgradeproof
        from upgradeproof.extras import EXTRAS
        assert not any(extra.installed for extra in EXTRAS)
        lazy = ("load.recorder", "load.collector", "prober.process", "render.metrics",
            "render.pictures")
        lazy = tuple(f"upgradeproof.{each}" for each in lazy)
        def walk(package):
            for each in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
                if not each.name.startswith((*lazy, "upgradeproof.suites")):
                    if each.name.endswith("__main__"):
                        continue
                    module = importlib.import_module(each.name)
                    yield each.name
                    if each.ispkg:
                        yield from walk(module)
        print(len(list(walk(upgradeproof))))
    """
    done = run([python, "-c", script], timeout_s=60, env={"PYTHONPATH": str(ROOT)}, check=False)
    assert done.ok, done.tail
    assert int(done.text) > 300


def test_a_plan_is_printed_and_tests_are_collected(project: Project) -> None:
    done = project.upgradeproof("plan")
    assert (done.exit_status, AMD64 in done.text) == (0, True)
    done = project.pytest("--collect-only", "-q")
    assert done.exit_status == 0
    assert f"test_it.py::test_answers[{AMD64}-keys]" in done.text


def test_a_run_without_loads_has_its_reports(project: Project) -> None:
    assert project.result.verdict is Verdict.PASSED
    assert [check.id for check in project.cell().checks] == ["test_it::test_is_upgraded"]
    assert (project.reports / "index.html").is_file()
    assert not (project.reports / "metrics.prom").exists()
    text = (project.folder / "terminal.txt").read_text()
    assert f"metrics.prom was not written: {PROMETHEUS}" in text


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_loads_that_can_not_be_sent_stop_the_run_before_a_machine_starts(
    project: Project, workers: tuple[str, ...]
) -> None:
    done = project.pytest(f"--upgradeproof-cell={AMD64}", *workers)
    assert done.exit_status == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {LOADS}\n" in done.stderr.decode()
    assert "passed" not in done.text
    events = "".join(path.read_text() for path in project.reports.glob("journal/*.jsonl"))
    assert "state_started" not in events


def test_a_report_is_drawn_again_without_the_file_that_needs_an_extra(project: Project) -> None:
    old = project.reports / "metrics.prom"
    old.write_text("upgradeproof_cells 0\n")
    done = project.upgradeproof("report")
    assert done.text.startswith("passed: ")
    assert done.stderr.decode() == f"metrics.prom was not written: {PROMETHEUS}\n"
    assert not old.exists()


def test_a_report_that_is_asked_for_by_name_is_an_error(project: Project) -> None:
    done = project.upgradeproof("report", "--format", "prometheus")
    assert done.exit_status == ExtraError.exit_code
    assert done.stderr.decode() == f"upgradeproof: {PROMETHEUS}\n"


def test_a_page_names_the_charts_that_it_lacks(python: str, tmp_path: Path) -> None:
    script = f"""if True:
        from pathlib import Path
        from tests.unit.render.example import example_run
        from upgradeproof.render import write_page
        write_page(example_run(), Path({str(tmp_path)!r}))
    """
    run([python, "-c", script], timeout_s=60, env={"PYTHONPATH": str(ROOT)})
    text = "".join(path.read_text() for path in tmp_path.rglob("*.*"))
    assert "There are no charts here: the Python package matplotlib, which draws the charts" in text
    assert "pip install" in text


def test_a_load_is_not_sent(python: str, tmp_path: Path) -> None:
    """What an API call would meet, with no session that looks at the checks before."""
    load = Load(
        id="pages", locustfile="pages.py", endpoint="site", model="closed", users=1, duration_s=1
    )
    aim = Aim(endpoint=Endpoint(id="site", port=80, kind="http"), port=1)
    with pytest.raises(ExtraError) as caught:
        send(load, aim, tmp_path / "pages.py", python=(python,))
    assert str(caught.value) == LOCUST
    failing = "echo \"ModuleNotFoundError: No module named 'redis'\" >&2; exit 1"
    with pytest.raises(ExtraError, match=r"^the Python package redis, which a locustfile imports"):
        send(load, aim, tmp_path / "pages.py", python=("sh", "-c", failing))


def test_the_doctor_names_each(project: Project) -> None:
    text = project.upgradeproof("doctor").text
    for extra in EXTRAS:
        assert f"pip install 'upgradeproof[{extra}]'" in text
