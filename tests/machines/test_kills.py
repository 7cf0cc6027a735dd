"""Processes that are killed in a run: no result is lost, no machine stays, no check passes."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.machines import ticker
from tests.machines.projects import Project, cell_of, check_of, state_of, wait_until
from upgradeproof.results import Verdict

KILLING = """
import os
import signal


def test_the_worker_survives(upgraded):
    if upgraded.cell.upgrade.to == "fatal":
        os.kill(os.getpid(), signal.SIGKILL)


def test_another_worker_continues(upgraded):
    assert upgraded.host.run("true").succeeded


def test_the_last_check_kills_its_worker(upgraded):
    if upgraded.cell.upgrade.to == "last":
        upgraded.host.run("true")
        os.kill(os.getpid(), signal.SIGKILL)
"""
FATAL = {name: ticker.run(ticker.GOOD) for name in ("fatal", "good", "last")}
SLOW = {"good": ticker.run(ticker.GOOD), "slow": ticker.run("echo waiting; sleep 600")}
LONG_STEP = '"title":"echo waiting; sleep 600"'
WORKERS = pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "with-workers"])


@pytest.fixture
def slow(project: Project) -> Project:
    """A project in which one of two upgrades takes very long."""
    project.write("upgrade.toml", ticker.plan(project.token, SLOW))
    project.write("test_ticker.py", ticker.SUITE)
    project.write("pytest.ini", "[pytest]\nupgradeproof_junit = true\nupgradeproof_html = true\n")
    return project


def ended_by(project: Project, number: signal.Signals, *words: str) -> tuple[int, str]:
    """Run pytest, send a signal to all its processes in the long step; return status and output."""
    with project.started("pytest", *words) as process:
        wait_until("the long step begins", lambda: LONG_STEP in project.journal())
        os.killpg(process.pid, number)
        try:
            output, _ = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            pytest.fail("pytest still runs 30 s after the signal")
        return process.returncode, output


def test_a_dead_worker_breaks_one_check_and_the_others_go_on(project: Project) -> None:
    project.write("upgrade.toml", ticker.plan(project.token, FATAL))
    project.write("test_ticker.py", KILLING)
    ended = project.pytest("-n", "2")
    assert ended.exit_status == 1
    run = project.result()
    fatal = check_of(cell_of(run, "-fatal"), "test_the_worker_survives")
    assert fatal.verdict is Verdict.BROKEN
    assert fatal.reason.startswith("the worker process died under this check: ")
    assert (
        check_of(cell_of(run, "-fatal"), "test_another_worker_continues").verdict is Verdict.PASSED
    )
    assert cell_of(run, "-good").verdict is Verdict.PASSED
    last = check_of(cell_of(run, "-last"), "test_the_last_check_kills_its_worker")
    assert last.verdict is Verdict.BROKEN
    assert ended.output.count("node down") == 2, "a check that killed its worker is not run again"
    assert project.containers() == []


@WORKERS
def test_a_killed_run_still_reports_and_is_pruned(slow: Project, words: tuple[str, ...]) -> None:
    status, _ = ended_by(slow, signal.SIGKILL, *words)
    assert status == -signal.SIGKILL
    assert slow.containers()

    done = slow.upgradeproof("report")
    assert (done.exit_status, done.output) == (1, f"never_ran: {slow.reports / 'index.html'}\n")
    cell = cell_of(slow.result(), "-slow")
    assert (cell.verdict, state_of(cell, "upgraded").reason) == (
        Verdict.NEVER_RAN,
        "the run ended before this state was reached",
    )
    assert check_of(cell, "test_it_runs_before").verdict is Verdict.PASSED
    assert check_of(cell, "test_it_runs_after").verdict is Verdict.NEVER_RAN
    assert slow.result().finished_at is None
    assert (slow.reports / "evidence" / cell.id / "upgraded").is_dir()

    names = {container.name for container in slow.containers()}
    pruned = slow.upgradeproof("prune")
    assert pruned.exit_status == 0
    assert names <= {line.rpartition(" ")[2] for line in pruned.output.splitlines()}
    assert slow.containers() == []


@WORKERS
def test_ctrl_c_leaves_no_machine_and_writes_the_reports(
    slow: Project, words: tuple[str, ...]
) -> None:
    status, output = ended_by(slow, signal.SIGINT, *words)
    assert status == pytest.ExitCode.INTERRUPTED
    assert slow.containers() == []
    assert "INTERNALERROR" not in output
    assert "upgradeproof: never_ran" in output
    run = slow.result()
    assert cell_of(run, "-slow").verdict is Verdict.NEVER_RAN
    assert check_of(cell_of(run, "-slow"), "test_it_runs_before").verdict is Verdict.PASSED
    for report in ("index.html", "junit.xml", "pytest.html", "summary.md"):
        assert (slow.reports / report).stat().st_size, report
