"""Adoption: the wheel, in a new environment, verifies a package that this repo does not know."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environments import build_wheel, make_environment
from tests.machines.projects import ROOT, Ended, Project, forget_states, states_of
from upgradeproof.results import Run, Verdict

CELL = "debian-12-amd64.container.bash-completion-12-to-13"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the programs of a new environment in which the wheel is installed."""
    programs = make_environment(tmp_path_factory.mktemp("environment"))
    python = programs / "python"
    options = ["--no-index", "--no-deps", "--no-warn-script-location"]
    for words in (["install", *options, str(wheel)], ["check"]):
        argv = [sys.executable, "-m", "pip", "--python", str(python), *words]
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return programs


@pytest.fixture(scope="module")
def project(
    programs: Path, tmp_path_factory: pytest.TempPathFactory, debian_image: str
) -> Iterator[Project]:
    """A folder in which only ``upgradeproof init`` was run."""
    assert debian_image
    folder, states = tmp_path_factory.mktemp("adopter"), tmp_path_factory.mktemp("states")
    project = Project(folder, states, "", programs=programs, environment={"PYTHONPATH": ""})
    done = project.upgradeproof("init")
    assert done.exit_status == 0
    assert done.output == (
        f"wrote {folder / 'upgrade.toml'}\n"
        f"wrote {folder / 'test_upgrade.py'}\n"
        "next: edit upgrade.toml, then `upgradeproof plan`, then `pytest`\n"
    )
    yield project
    forget_states(CELL)


@pytest.fixture(scope="module")
def ended(project: Project) -> Ended:
    ended = project.pytest("-v")
    assert ended.exit_status == 0, ended.output
    return ended


@pytest.fixture(scope="module")
def run(project: Project, ended: Ended) -> Run:
    assert ended.exit_status == 0
    return project.result()


def files(folder: str) -> set[str]:
    """Return the files below a folder of the checkout, by the names that the wheel must have."""
    every = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {p.relative_to(ROOT).as_posix() for p in every if "__pycache__" not in p.parts}


def test_the_wheel_holds_the_engine_and_its_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.endswith("/")}
    data = {f"upgradeproof/data/{name}" for name in files("images")}
    data |= {f"upgradeproof/{name}" for folder in ("suites", "fixtures") for name in files(folder)}
    info = wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"
    about = ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    assert held == files("upgradeproof") | data | {f"{info}/{name}" for name in about}
    assert {
        "upgradeproof/py.typed",
        "upgradeproof/starter_templates/upgrade.toml",
        "upgradeproof/data/images/debian-12.toml",
        "upgradeproof/suites/test_packages.py",
        "upgradeproof/fixtures/expectations.py",
    } <= held


def test_the_wheels_engine_is_the_one_that_runs(project: Project) -> None:
    script = "import upgradeproof, sys; print(upgradeproof.__file__)"
    found = Path(project.run("python", "-c", script).output.strip())
    assert found.is_relative_to(project.programs.parent / "lib"), found


def test_a_first_plan_is_not_overwritten(project: Project) -> None:
    done = project.upgradeproof("init")
    assert done.exit_status == 2
    assert done.output == (
        f"upgradeproof: {project.folder / 'upgrade.toml'} already exists, and nothing was "
        "written\nTo do: run `upgradeproof init` in an empty folder\n"
    )


def test_the_plan_is_printed(project: Project) -> None:
    done = project.upgradeproof("plan")
    assert done.exit_status == 0
    assert done.output == (
        f"{CELL}  [smoke, amd64, container]\n"
        "  -> installed\n"
        "     $ fetch the package lists\n"
        "     $ install bash-completion\n"
        "  -> installed_rebooted\n"
        "  -> upgraded\n"
        "     $ offer the packages of Debian 13 in addition to those of Debian 12\n"
        "     $ fetch the package lists\n"
        "     $ install bash-completion/trixie\n"
        "  -> rebooted\n"
        "\n"
    )


def test_the_generic_suites_and_the_own_one_are_green(run: Run) -> None:
    (cell,) = run.cells
    assert (run.verdict, cell.id) == (Verdict.PASSED, CELL)
    verdicts = {check.id: check.verdict for check in cell.checks}
    assert verdicts["test_upgrade::test_bash_still_completes"] is Verdict.PASSED
    assert verdicts["test_upgrade_happened::test_something_changed"] is Verdict.PASSED
    assert verdicts["test_unexplained_changes::test_every_change_is_expected"] is Verdict.PASSED
    suites = {name.partition("::")[0] for name in verdicts}
    assert {path.stem for path in (ROOT / "suites").glob("test_*.py")} - suites <= {
        "test_answers",
        "test_availability",
        "test_commands",
        "test_components",
        "test_config_reads",
        "test_config_refusals",
        "test_data",
        "test_degradation",
        "test_in_use",
        "test_load",
        "test_mail",
        "test_rollback",
        "test_scripts",
        "test_tls_clients",
        "test_tls_offers",
    }
    no_container = {v for name, v in verdicts.items() if name.startswith("test_kernel_modules")}
    assert no_container == {Verdict.NOT_APPLICABLE}


def test_the_upgrade_changed_the_package_and_nothing_unexplained(run: Run) -> None:
    changes = states_of(run)[1].changes
    assert "packages/bash-completion/version" in [change.path for change in changes]
    assert [change.path for change in changes if not change.expected] == []


def test_generic_checks_are_named_as_in_the_checkout(ended: Ended) -> None:
    lines = ended.output.splitlines()
    for check in (
        "suites/test_packages.py::test_hold_is_preserved",
        "test_upgrade.py::test_bash_still",
    ):
        assert [line for line in lines if line.startswith(check)]


@pytest.mark.usefixtures("ended")
def test_nothing_is_left_running(project: Project) -> None:
    assert project.containers() == []


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize(
    "words", [("-m", "smoke"), ("-k", "hold_is_preserved or mine"), ("-n", "2")]
)
def test_pytest_options_do_what_they_always_do(project: Project, words: tuple[str, ...]) -> None:
    """A suite of the project has the name of a generic one: both are collected."""
    own = project.write("test_packages.py", "def test_mine(upgraded):\n    assert upgraded\n")
    try:
        again = project.pytest("-v", *words)
    finally:
        own.unlink()
    assert again.exit_status == 0, again.output
    names = {check.id for check in project.result().cells[0].checks}
    assert {"test_packages::test_mine", "test_packages::test_hold_is_preserved"} <= names


@pytest.mark.usefixtures("ended")
def test_a_path_that_is_named_is_all_that_runs(project: Project) -> None:
    again = project.pytest("test_upgrade.py")
    assert again.exit_status == 0, again.output
    assert {c.id.partition("::")[0] for c in project.result().cells[0].checks} == {"test_upgrade"}


@pytest.mark.usefixtures("ended")
def test_the_last_failed_of_a_generic_suite_runs_again(project: Project) -> None:
    plan = (project.folder / "upgrade.toml").read_text(encoding="utf-8")
    explained = 'facts = ["packages/bash-completion/version"]'
    assert explained in plan
    try:
        project.write("upgrade.toml", plan.replace(explained, 'facts = ["packages/nothing"]'))
        assert project.pytest().exit_status == 1
    finally:
        project.write("upgrade.toml", plan)
    again = project.pytest("--lf")
    assert again.exit_status == 0, again.output
    assert [check.id for check in project.result().cells[0].checks] == [
        "test_unexplained_changes::test_every_change_is_expected"
    ]


@pytest.mark.usefixtures("ended")
def test_a_suite_that_does_not_load_is_a_plain_error(project: Project) -> None:
    own = project.write("test_wrong.py", "import no_such_module\n")
    try:
        wrong = project.pytest()
    finally:
        own.unlink()
    assert wrong.exit_status == pytest.ExitCode.INTERRUPTED
    assert "No module named 'no_such_module'" in wrong.output
    assert "INTERNALERROR" not in wrong.output
