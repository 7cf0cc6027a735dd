"""A wrong or missing plan, a killed run and two runs in one folder each give one clear error."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from tests.unit.plugin.project import AMD64, ARM64, Project
from upgradeproof.plugin.reporting import lock_and_clear
from upgradeproof.render import every_format
from upgradeproof.results import Verdict

HANGS = """
import time
from pathlib import Path

def test_a(upgraded): pass
def test_b(upgraded):
    Path("hangs").touch()
    time.sleep(60)
def test_c(upgraded): pass
"""


@contextmanager
def hanging(project: Project, *options: str) -> Iterator[int]:
    """Start a run that hangs in its second check, and yield its process group."""
    with project.write(test_it=HANGS).started_pytest(*options) as run:
        deadline = time.monotonic() + 30
        while not (project.folder / "hangs").exists():
            assert time.monotonic() < deadline, "the run never came to its second check"
            assert Path(f"/proc/{run.pid}").exists()
            time.sleep(0.02)
        yield run.pid
        run.wait(30)


def test_the_journals_of_a_killed_run_are_folded_into_a_report(project: Project) -> None:
    with hanging(project) as group:
        os.killpg(group, signal.SIGKILL)
    assert not (project.reports / "run.json").exists()
    report = project.upgradeproof("report")
    index = project.reports / "index.html"
    assert (report.exit_status, report.text) == (1, f"never_ran: {index}")
    assert [check.verdict for check in project.cell(AMD64).checks] == [
        Verdict.PASSED,
        Verdict.NEVER_RAN,
        Verdict.NEVER_RAN,
    ]
    assert {check.verdict for check in project.cell(ARM64).checks} == {Verdict.NEVER_RAN}
    assert project.result.finished_at is None
    assert index.is_file()


def test_an_interrupted_run_writes_its_reports_and_ends_its_machines(project: Project) -> None:
    with hanging(project) as group:
        os.kill(group, signal.SIGINT)
    assert project.result.finished_at is not None
    assert project.check("test_it::test_a").verdict is Verdict.PASSED
    assert project.check("test_it::test_c").verdict is Verdict.NEVER_RAN
    assert not project.result.green
    log = (project.folder / "backend" / "log").read_text().splitlines()
    assert [line for line in log if not line.startswith("keep")] == [
        "start main from image",
        "end main",
    ]


def test_a_run_first_removes_what_an_earlier_run_left(tmp_path: Path) -> None:
    for name in ("run.json", "journal", *(each.FILE_NAME for each in every_format().values())):
        (tmp_path / name).touch()
    (tmp_path / "notes.txt").touch()
    with lock_and_clear(tmp_path)[0]:
        assert {path.name for path in tmp_path.iterdir()} == {".lock", "notes.txt"}


def test_a_signed_run_is_moved_to_a_folder_next_to_it(tmp_path: Path) -> None:
    reports = tmp_path / "out"
    for number in ("", ".2"):
        (reports / "journal").mkdir(parents=True)
        for name in ("run.json", "notes.txt", "SHA256SUMS", "SHA256SUMS.2.sig"):
            (reports / name).write_text(f"{name} of run {number}")
        lock, signed = lock_and_clear(reports)
        lock.release()
        assert signed == tmp_path / f"out.signed{number}"
        assert {path.name for path in reports.iterdir()} <= {".lock"}
        assert (signed / "notes.txt").read_text() == f"notes.txt of run {number}"
        assert {path.name for path in signed.iterdir()} == {
            *("run.json", "notes.txt", "journal", "SHA256SUMS", "SHA256SUMS.2.sig")
        }
    assert lock_and_clear(reports)[1] is None


def test_a_run_states_where_the_signed_one_is(project: Project) -> None:
    project.write(test_it="def test_a(upgraded): pass\n")
    project.reports.mkdir(parents=True)
    (project.reports / "SHA256SUMS.sig").touch()
    done = project.pytest("-q")
    moved = f"{project.reports}.signed"
    assert f"the signed run that was here before: {moved}" in done.stdout.decode()


def test_two_runs_cannot_write_to_one_folder(project: Project) -> None:
    project.write(test_it="def test_a(upgraded): pass\n")
    project.reports.mkdir(parents=True)
    with FileLock(project.reports / ".lock"):
        done = project.pytest()
    assert done.exit_status == 4
    assert done.stderr.decode().strip() == (
        f"ERROR: another run writes its reports into {project.reports}\n"
        "To do: wait for it, or name another folder with -o upgradeproof_reports=DIR"
    )


def test_results_of_an_earlier_run_are_removed(project: Project) -> None:
    project.write(test_it="def test_a(upgraded): pass\n")
    for name in ("journal", "evidence"):
        (project.reports / name).mkdir(parents=True)
        (project.reports / name / "old.jsonl").write_text("old")
    project.pytest("-m", "smoke")
    assert not list(project.reports.glob("*/old.jsonl"))


def test_a_wrong_plan_is_one_clear_error(project: Project) -> None:
    plan = project.folder / "upgrade.toml"
    plan.write_text(plan.read_text().replace("[expect]", "[expects]"))
    done = project.pytest()
    assert done.exit_status == 4
    line = plan.read_text().splitlines().index("[expects]") + 1
    assert done.stderr.decode().startswith(
        f"ERROR: {plan} is not a valid plan\n"
        f"{plan}:{line}: unknown key 'expects'; did you mean 'expect'?\n"
    )
    assert "Traceback" not in (done.stdout + done.stderr).decode()


def test_a_missing_plan_is_one_clear_error(project: Project) -> None:
    done = project.pytest("-o", "upgradeproof_plans=nowhere.toml")
    assert (done.exit_status, done.stdout) == (4, b"")
    assert done.stderr.decode().strip() == (
        f"ERROR: {project.folder / 'nowhere.toml'}: there is no such file\n"
        "To do: `upgradeproof init` writes a first upgrade.toml"
    )


def test_without_a_plan_the_plugin_does_nothing(project: Project) -> None:
    (project.folder / "upgrade.toml").unlink()
    project.write(test_it="def test_a(): pass\n")
    done = project.pytest()
    assert done.exit_status == 0
    assert "upgradeproof:" not in done.text
    assert not (project.folder / "reports").exists()


def test_a_test_of_a_state_without_a_plan_finds_no_such_fixture(project: Project) -> None:
    (project.folder / "upgrade.toml").unlink()
    (project.folder / "conftest.py").unlink()
    done = project.write(test_it="def test_a(upgraded): pass\n").pytest()
    assert done.exit_status == 1
    assert "_ ERROR at setup of test_a _" in re.sub("_{5,}", "_", done.text)
    assert "E       fixture 'upgraded' not found\n" in done.text


def test_a_state_that_is_not_reached_fails_once_and_the_rest_never_ran(project: Project) -> None:
    plan = project.folder / "upgrade.toml"
    plan.write_text(plan.read_text().replace("echo 2.0 >packages/thing", "exit 3"))
    project.write(test_it="def test_a(upgraded): pass\ndef test_b(upgraded): pass\n")
    done = project.pytest("-m", "smoke")
    assert done.exit_status == 1
    first, second = project.cell().checks
    assert (first.verdict, second.verdict) == (Verdict.FAILED, Verdict.NEVER_RAN)
    assert second.reason.startswith("upgraded was not reached: the step 'upgrade'")
    assert [(state.name, state.verdict) for state in project.cell().states] == [
        ("base", Verdict.PASSED),
        ("installed", Verdict.PASSED),
        ("upgraded", Verdict.FAILED),
    ]
    assert "Traceback" not in done.text


STUCK = """
from pathlib import Path

from tests.unit.runner.fakes import FolderBackend
from upgradeproof.errors import MachineError


class Stuck(FolderBackend):
    kind = "stuck"

    def prune(self, *, states):
        raise MachineError("removal of the container a is already in progress")


BACKEND = Stuck(Path("stuck"))
"""


def test_machines_that_can_not_be_removed_at_the_end_change_no_exit_status(
    project: Project,
) -> None:
    (project.folder / "backends").mkdir()
    (project.folder / "backends" / "stuck.py").write_text(STUCK, encoding="utf-8")
    project.write(test_it="def test_a(upgraded): pass\n")
    done = project.pytest("-m", "smoke")
    assert "removal of the container a is already in progress" in done.text
    assert (done.exit_status, project.result.green) == (0, True)
    reason = "removal of the container a is already in progress"
    assert f"stuck: nothing removed, {reason}" in project.upgradeproof("prune").text
