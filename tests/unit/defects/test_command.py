"""`upgradeproof defects` with real pytest processes, on machines that are folders."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.unit.command_line import Command, upgradeproof
from tests.unit.plugin.project import AMD64, Project, make_project

__all__ = ["upgradeproof"]

SUITE = """
import pytest


def test_note_is_kept(upgraded): assert upgraded.machine.run("cat note").text == "hi"
def test_thing_is_there(upgraded): assert upgraded.machine.run("cat packages/thing").ok


@pytest.mark.destructive
def test_machine_of_its_own_is_asked(upgraded): assert upgraded.machine.run("cat note").ok


@pytest.mark.destructive
@pytest.mark.own_kernel
def test_that_boots_again(upgraded): raise RuntimeError("it was to be left out")
"""
DEFECT = """
title = "The note is spoilt"
description = "the upgrade writes over what its user wrote"
detected_by = ["{check}"]
[[steps]]
step = "run"
script = "{script}"
"""


def spoilt(
    folder: Path, check: str = "test_it::test_note_is_kept", script: str = "echo spoilt >note"
) -> Project:
    project = make_project(folder).write(test_it=SUITE)
    (folder / "defects").mkdir()
    text = DEFECT.format(check=check, script=script)
    (folder / "defects" / "spoilt.toml").write_text(text, encoding="utf-8")
    return project


def test_a_defect_is_injected_and_caught_in_addition_to_a_good_cell(tmp_path: Path) -> None:
    done = spoilt(tmp_path).upgradeproof("defects", "-j", "2", f"--cell={AMD64}")
    assert done.ok, done.tail
    assert done.text.splitlines()[-2:] == [
        "caught 1 of 1 (1 defect on 1 platform)",
        "false alarms: 0 in 1 good cell",
    ]
    found = json.loads((tmp_path / "reports" / "out" / "defects.json").read_text(encoding="utf-8"))
    assert found["good_cells"][0]["checks"] == 3, "only what boots again is left out"
    assert found["trials"][0]["detected_by"][0]["id"] == "test_it::test_note_is_kept"


def test_an_unknown_declared_check_starts_no_machine(tmp_path: Path) -> None:
    project = spoilt(tmp_path, check="test_it::test_note_is_lost")
    done = project.upgradeproof("defects", f"--cell={AMD64}")
    assert (done.exit_status, done.text) == (2, "")
    assert done.tail.splitlines()[0] == (
        f"upgradeproof: {tmp_path}/defects/spoilt.toml: `detected_by` names "
        f"'test_it::test_note_is_lost', which fits no check of {AMD64}; "
        "did you mean 'test_it::test_note_is_kept'?"
    )
    assert not (tmp_path / "backend").exists()


def test_a_check_that_is_left_out_catches_nothing(tmp_path: Path) -> None:
    project = spoilt(tmp_path, check="test_it::test_that_boots_again")
    assert project.upgradeproof("defects", f"--cell={AMD64}").exit_status == 2


def test_a_termination_prints_what_was_found_and_leaves_no_process(tmp_path: Path) -> None:
    project = spoilt(tmp_path, script="touch waits; sleep 60")
    output = tmp_path / "output.txt"
    with project.server.started(
        "upgradeproof.cli:main",
        ["upgradeproof", "defects", f"--cell={AMD64}"],
        folder=tmp_path,
        environment={**os.environ, **project.environment},
        outputs=(str(output), os.devnull),
    ) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("backend/**/waits")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(60) == 1
    printed = output.read_text()
    assert f"good: {AMD64}: no false alarm" in printed
    assert printed.splitlines()[-3:] == [
        "interrupted: 1 run of all did not come to an end",
        "caught 0 of 1 (1 defect on 1 platform)",
        "false alarms: 0 in 1 good cell",
    ]
    assert [path for path in Path("/proc").glob("[0-9]*") if _works_in(path, tmp_path)] == []


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_an_invalid_number_of_workers_is_an_error(
    upgradeproof: Command, capsys: pytest.CaptureFixture[str], number: str
) -> None:
    with pytest.raises(SystemExit):
        upgradeproof("defects", f"--workers={number}")
    assert f"'{number}' is not 1 or more" in capsys.readouterr().err
