"""Workers of pytest-xdist: a cell stays on one worker, and a killed worker loses only its check."""

from __future__ import annotations

import json

from tests.unit.plugin.project import AMD64, ARM64, Project
from upgradeproof.imaging.emulation import native
from upgradeproof.results import Verdict

MANY = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_a(upgraded, number): pass
@pytest.mark.subject("service")
def test_b(upgraded, service): pass
def test_c(installed): pass
"""
KILLER = """
import os, signal

def test_a(upgraded): pass
def test_b(upgraded):
    if "amd64" in upgraded.cell.id:
        os.kill(os.getpid(), signal.SIGKILL)
def test_c(upgraded): pass
"""


def test_all_tests_of_a_cell_go_to_one_worker(project: Project) -> None:
    """pytest 9.2 loses xdist's group marks before the scheduler reads them: ours is not a mark."""
    done = project.write(test_it=MANY).pytest("-n", "2")
    assert (done.exit_status, project.result.verdict) == (0, Verdict.PASSED)
    workers: dict[str, set[str]] = {AMD64: set(), ARM64: set()}
    for journal in (project.reports / "journal").glob("gw*.jsonl"):
        for event in map(json.loads, journal.read_text().splitlines()):
            if event["event"] in ("check_finished", "state_started"):
                workers[event["cell"]].add(journal.name[:3])
    assert sorted(map(sorted, workers.values())) == [["gw0"], ["gw1"]]
    assert {len(cell.checks) for cell in project.result.cells} == {9}
    assert {cell.verdict for cell in project.result.cells} == {Verdict.PASSED}


def test_a_worker_of_any_name_declares_the_checks(project: Project) -> None:
    names = ("--tx", "popen//id=alpha", "--tx", "popen//id=beta", "--dist", "load")
    done = project.write(test_it=MANY).pytest(*names)
    assert (done.exit_status, project.result.verdict) == (0, Verdict.PASSED)
    assert {cell.checks_declared for cell in project.result.cells} == {9}


def test_a_worker_starts_with_the_longest_cell(project: Project) -> None:
    """A long cell that starts last delays the end: xdist itself starts with the most tests."""
    project.write(test_it=MANY).pytest("-n", "1")
    journal = next((project.reports / "journal").glob("gw0*.jsonl")).read_text()
    events = map(json.loads, journal.splitlines())
    began = [event["cell"] for event in events if event["event"] == "state_started"]
    assert list(dict.fromkeys(began)) == ([ARM64, AMD64] if native("amd64") else [AMD64, ARM64])


def test_a_killed_worker_breaks_its_check_and_the_others_continue(project: Project) -> None:
    done = project.write(test_it=KILLER).pytest("-n", "2")
    assert (done.exit_status, project.result.green) == (1, False)
    broken = project.check("test_it::test_b")
    assert broken.verdict is Verdict.BROKEN
    assert broken.reason.startswith("the worker process died under this check: [gw")
    assert project.check("test_it::test_a").verdict is Verdict.PASSED
    assert project.check("test_it::test_c").verdict is Verdict.PASSED
    assert project.cell(AMD64).verdict is Verdict.BROKEN
    assert project.cell(ARM64).verdict is Verdict.PASSED
    assert project.result.finished_at is not None
