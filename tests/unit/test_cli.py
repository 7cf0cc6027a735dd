"""The command line: answers on stdout, one clear error on stderr, an exit status for each kind."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.unit.command_line import Command, CommandResult, project, upgradeproof
from tests.unit.plan.texts import write
from tests.unit.plugin.project import IMAGE
from tests.unit.results.events import CONTROLLER, WORKER
from upgradeproof import __version__
from upgradeproof.results import Journal

__all__ = ["upgradeproof"]


def test_a_folder_without_a_plan_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    assert upgradeproof("plan") == CommandResult(
        2,
        "",
        f"upgradeproof: there is no plan in {tmp_path}\n"
        "looked for upgrade.toml and products/*/upgrade.toml\n"
        "To do: `upgradeproof init` writes a first upgrade.toml\n",
    )


def test_a_missing_plan_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    assert upgradeproof("plan", "--plan", "a.toml") == CommandResult(
        2,
        "",
        f"upgradeproof: {tmp_path}/a.toml: there is no such file\n"
        "To do: `upgradeproof init` writes a first upgrade.toml\n",
    )


def test_the_error_of_an_invalid_image_names_the_line(
    upgradeproof: Command, tmp_path: Path
) -> None:
    project(tmp_path)
    image = tmp_path / "images" / "example-1.toml"
    image.write_text(IMAGE.replace("codename", "codenam"))
    assert upgradeproof("plan").err == (
        f"upgradeproof: {image} is not a valid image\n"
        f"{image}:1: 'codename' is missing\n"
        f"{image}:4: unknown key 'codenam'; did you mean 'codename'?\n"
    )


def test_a_plan_is_printed(upgradeproof: Command, tmp_path: Path) -> None:
    project(tmp_path)
    result = upgradeproof("plan", "example-1-amd64.*-1-to-2")
    assert (result.status, result.err) == (0, "")
    assert result.out == (
        "example-1-amd64.container.thing-1-to-2  [amd64, container]\n"
        "  -> installed\n"
        "     $ install\n"
        "     $ fetch the package lists\n"
        "     $ install thing\n"
        "  -> installed_rebooted\n"
        "  -> upgraded\n"
        "     $ upgrade every package\n"
        "  -> rebooted\n"
        "\n"
    )


def test_plans_below_products_are_found(upgradeproof: Command, tmp_path: Path) -> None:
    project(tmp_path)
    folder = tmp_path / "products" / "other"
    folder.mkdir(parents=True)
    write(folder, ('name = "thing"', 'name = "other"'))
    printed = upgradeproof("plan", "example-1-*").out
    assert printed.count("container.thing-1-to-2  ") == 2
    assert printed.count("container.other-1-to-2  ") == 2
    assert upgradeproof("plan", "--plan", "upgrade.toml").out.count(".other-") == 0


def test_a_glob_that_fits_no_cell_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    project(tmp_path)
    assert upgradeproof("plan", "example-1-amd64.container.thing-1-to-4") == CommandResult(
        2,
        "",
        "upgradeproof: no cell fits example-1-amd64.container.thing-1-to-4\n"
        "did you mean 'example-1-amd64.container.thing-1-to-2'?\n"
        "To do: `upgradeproof plan` prints all cells\n",
    )


@pytest.mark.parametrize("words", [(), ("--to", "elsewhere")])
def test_a_report_without_a_run_is_an_error(
    upgradeproof: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert upgradeproof("report", *words) == CommandResult(
        4,
        "",
        f"upgradeproof: {tmp_path}/reports/out holds no journal of a run\n"
        "To do: name a reports' folder that pytest wrote, with its journal/*.jsonl\n",
    )


def test_journals_of_many_folders_fold_into_one_report(
    upgradeproof: Command, tmp_path: Path
) -> None:
    for name, events in (("one", CONTROLLER), ("two", WORKER)):
        with Journal(tmp_path / name / "journal" / "a.jsonl") as journal:
            for event in events:
                journal.write(event)
    (tmp_path / "two" / "evidence" / "cell").mkdir(parents=True)
    (tmp_path / "two" / "evidence" / "cell" / "a.log").write_text("seen")
    assert upgradeproof("report", "one", "two", "--to", "both") == CommandResult(
        0, "passed: both/index.html\n", ""
    )
    run = (tmp_path / "both" / "run.json").read_text()
    assert upgradeproof("report", "both").status == 0
    assert (tmp_path / "both" / "run.json").read_text() == run
    assert {"run.json", "index.html", "summary.md"} <= {
        path.name for path in (tmp_path / "both").iterdir()
    }
    assert (tmp_path / "both" / "evidence" / "cell" / "a.log").read_text() == "seen"
    assert upgradeproof("report", "one").status == 1
    for _ in range(2):
        assert upgradeproof("report", "one", "two").status == 0
        assert (tmp_path / "one" / "run.json").read_text() == run


def test_a_report_in_one_format_writes_only_this_format(
    upgradeproof: Command, tmp_path: Path
) -> None:
    with Journal(tmp_path / "one" / "journal" / "a.jsonl") as journal:
        for event in (*CONTROLLER, *WORKER):
            journal.write(event)
    assert upgradeproof("report", "one", "--to", "two", "--format", "prometheus") == CommandResult(
        0, "passed: two/metrics.prom\n", ""
    )
    assert {path.name for path in (tmp_path / "two").iterdir()} == {
        *("run.json", "metrics.prom", "journal"),
    }


def test_a_shard_without_a_journal_is_an_error(upgradeproof: Command, tmp_path: Path) -> None:
    with Journal(tmp_path / "one" / "journal" / "a.jsonl") as journal:
        journal.write(CONTROLLER[0])
    result = upgradeproof("report", "one", "two")
    assert (result.status, result.out) == (4, "")
    assert result.err.startswith("upgradeproof: two holds no journal of a run\n")


def test_a_report_that_can_not_be_written_is_an_error(
    upgradeproof: Command, tmp_path: Path
) -> None:
    with Journal(tmp_path / "reports" / "out" / "journal" / "a.jsonl") as journal:
        journal.write(CONTROLLER[0])
    (tmp_path / "file").touch()
    assert upgradeproof("report", "--to", "file/below") == CommandResult(
        4, "", "upgradeproof: file/below can't be written: Not a directory\n"
    )


def test_the_first_plan_is_written_and_printed_at_once(
    upgradeproof: Command, tmp_path: Path
) -> None:
    result = upgradeproof("init")
    assert result == CommandResult(
        0,
        f"wrote {tmp_path}/upgrade.toml\nwrote {tmp_path}/test_upgrade.py\n"
        "next: edit upgrade.toml, then `upgradeproof plan`, then `pytest`\n",
        "",
    )


def test_an_existing_file_is_never_overwritten(upgradeproof: Command, tmp_path: Path) -> None:
    upgradeproof("init")
    assert upgradeproof("init") == CommandResult(
        2,
        "",
        f"upgradeproof: {tmp_path}/upgrade.toml already exists, and nothing was written\n"
        "To do: run `upgradeproof init` in an empty folder\n",
    )


def test_the_doctor_prints_what_does_not_work_and_the_solution(
    upgradeproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = upgradeproof("doctor")
    assert (result.status, result.err) == (1, "")
    lines = [re.sub("  +", "  ", line.strip()) for line in result.out.splitlines()]
    for line in (
        "can't  backend container  no Docker engine answers",
        "can't  backend vm  QEMU is not installed",
        "can't  image example-1-amd64.container  no Docker engine answers",
        "works  extra load  locust, which sends the loads of the plan",
        "works  extra charts  matplotlib, which draws the charts of the page",
        "works  extra metrics  prometheus-client, which writes metrics.prom",
        "works  extra redis  redis, which a locustfile imports",
    ):
        assert line in lines
    of_engine = lines.index("`make setup` starts one; or set DOCKER_HOST to an engine that runs")
    assert lines[of_engine - 1].startswith("to do for backend container, image ")
    assert "image example-1-arm64.container" in lines[of_engine - 1]
    of_vm = lines.index("to do for backend vm:")
    assert lines[of_vm + 1] == (
        "`make setup` installs it; by hand: apt install qemu-system-x86 qemu-utils ovmf"
    )


def test_a_defect_that_shows_in_no_chosen_cell_is_an_error(
    upgradeproof: Command, tmp_path: Path
) -> None:
    project(tmp_path)
    (tmp_path / "defects").mkdir()
    (tmp_path / "defects" / "bad.toml").write_text(
        'title = "t"\ndescription = "w"\ndetected_by = ["a"]\n'
        'cells = ["example-1-amd64.*.thing-1-to-2"]\n'
        '[[steps]]\nstep = "run"\nscript = "true"\n'
    )
    assert upgradeproof("defects", "bad", "--cell=example-1-arm64.*") == CommandResult(
        2,
        "",
        "upgradeproof: no cell in which bad shows fits --cell=example-1-arm64.*\n"
        "example-1-amd64.container.thing-1-to-2\n",
    )


def test_prune_prints_which_backend_did_not_answer(
    upgradeproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = upgradeproof("prune")
    assert result == CommandResult(
        1,
        "container: nothing removed, no Docker engine answers\n"
        "vm: nothing removed, QEMU is not installed\n",
        "",
    )


def test_an_error_of_the_file_system_is_printed(upgradeproof: Command, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    result = upgradeproof("init")
    assert (result.status, result.out) == (4, "")
    assert result.err == "upgradeproof: this folder: No such file or directory\n"


@pytest.mark.parametrize("words", [(), ("no-such-command",), ("plan", "--format", "xml")])
def test_an_invalid_command_line_is_an_error_of_argparse(
    upgradeproof: Command, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        upgradeproof(*words)
    assert caught.value.code == 2
    assert "usage: upgradeproof" in capsys.readouterr().err


def test_the_version_is_that_of_the_package(
    upgradeproof: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        upgradeproof("--version")
    assert (caught.value.code, capsys.readouterr().out) == (0, f"upgradeproof {__version__}\n")
