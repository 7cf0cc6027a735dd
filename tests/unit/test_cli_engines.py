"""Engines on the command line and in a run: what is printed, and what becomes of their cells."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.plugin.project import AMD64, ARM64, Project, make_project
from upgradeproof.results import Verdict

__all__ = ["upgradeproof"]

ENGINES = """
[[engine]]
name = "one"
address = "ssh://one"
architectures = ["amd64"]
ssh_config = "ssh_config"
[[engine]]
name = "arm"
address = "unix:///nowhere/engine.sock"
architectures = ["arm64"]
"""
WRONG = "Wrong option\n"
"""A configuration by which ssh connects to nothing."""


def refused(folder: Path) -> str:
    """Return the error of the engine whose ssh has a wrong configuration."""
    return (
        "ssh does not accept its configuration for the engine one\n"
        f"{folder}/ssh_config: line 1: Bad configuration option: wrong\n"
        "To do: correct the file that the message names"
    )


SILENT = (
    "the engine arm does not answer\nFileNotFoundError: [Errno 2] No such file or directory\n"
    "To do: look at its address in engines.toml, and at its log"
)


def project(folder: Path, engines: str = ENGINES) -> Project:
    """Make a project whose cells run on engines that nothing reaches."""
    made = make_project(folder)
    (folder / "engines.toml").write_text(engines, encoding="utf-8")
    (folder / "ssh_config").write_text(WRONG, encoding="utf-8")
    return made.write(
        conftest="",
        test_it="def test_it(installed):\n    pass\n",
    )


def test_the_plan_names_the_engine_of_each_cell(upgradeproof: Command, tmp_path: Path) -> None:
    project(tmp_path)
    lines = [line for line in upgradeproof("plan").out.splitlines() if line.startswith("example")]
    assert lines == [
        f"{AMD64}  [smoke, amd64, container]  on one",
        f"{ARM64}  [not-yet, arm64, container]  on arm",
    ]
    cells = json.loads(upgradeproof("plan", "--format=json").out)
    assert {cell["id"]: cell["engine"] for cell in cells} == {AMD64: "one", ARM64: "arm"}


def test_a_cell_that_no_engine_runs_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    project(tmp_path, ENGINES.partition('[[engine]]\nname = "arm"')[0])
    assert upgradeproof("plan") == CommandResult(
        2,
        "",
        f"upgradeproof: no engine can run {ARM64}\n"
        "it needs the architecture arm64; the engines have amd64\n"
        "To do: add an [[engine]] with this architecture to engines.toml, or select other cells\n",
    )
    assert upgradeproof("plan", AMD64).status == 0


def test_without_engines_there_is_nothing_to_ask(upgradeproof: Command, tmp_path: Path) -> None:
    make_project(tmp_path)
    assert upgradeproof("engines") == CommandResult(
        2,
        "",
        f"upgradeproof: there is no engines.toml in {tmp_path}: every cell runs on this host\n"
        "To do: to run cells on other hosts, write an [[engine]] with name, address (ssh://HOST) "
        "and architectures for each\n",
    )


def test_engines_that_do_not_answer_are_one_error_each(
    upgradeproof: Command, tmp_path: Path
) -> None:
    project(tmp_path)
    assert upgradeproof("engines") == CommandResult(1, f"\n{refused(tmp_path)}\n\n{SILENT}\n", "")


def test_nothing_is_removed_on_engines_that_do_not_answer(
    upgradeproof: Command, tmp_path: Path
) -> None:
    project(tmp_path)
    assert upgradeproof("prune").out.splitlines()[-2:] == [
        "one: nothing removed, ssh does not accept its configuration for the engine one",
        "arm: nothing removed, the engine arm does not answer",
    ]


def test_an_image_is_made_on_the_engine_of_its_cells(upgradeproof: Command, tmp_path: Path) -> None:
    project(tmp_path)
    assert upgradeproof("images", AMD64) == CommandResult(
        5, "", f"upgradeproof: {refused(tmp_path)}\n"
    )


def test_the_cells_of_an_unreachable_engine_never_ran(tmp_path: Path) -> None:
    made = project(tmp_path)
    done = made.pytest()
    assert done.exit_status == 1
    cells = {cell.id: cell for cell in made.result.cells}
    assert {name: cell.verdict for name, cell in cells.items()} == {
        AMD64: Verdict.NEVER_RAN,
        ARM64: Verdict.NEVER_RAN,
    }
    assert {name: {check.reason for check in cell.checks} for name, cell in cells.items()} == {
        AMD64: {refused(tmp_path)},
        ARM64: {SILENT},
    }
    assert made.result.cached_states is None, "no cell runs on this host: its states are left alone"


def test_a_run_with_a_cell_that_no_engine_runs_does_not_begin(tmp_path: Path) -> None:
    made = project(tmp_path, ENGINES.partition('[[engine]]\nname = "arm"')[0])
    done = made.pytest()
    assert done.exit_status == 4
    assert f"no engine can run {ARM64}" in done.tail
    assert made.pytest("--upgradeproof-cell", AMD64).exit_status == 1
