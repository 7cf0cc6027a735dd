"""Faults of a product or of its machine: each has the right verdict and one clear error."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.machines import ticker
from tests.machines.projects import Ended, Project, cell_of, check_of, state_of
from upgradeproof.results import Cell, Run, Verdict

UPGRADES = {
    "good": ticker.run(ticker.GOOD),
    "prompt": ticker.run(
        "mkfifo /tmp/answer; echo Unpacking; printf 'Replace it? [y/N] '; read answer </tmp/answer",
        'title = "ask"',
        "timeout_s = 2",
    ),
    "full": ticker.run(
        f"{ticker.BUILD}\nbuild 2 3000000; mount -t tmpfs -o size=1m tmpfs /usr/lib/ticker\n"
        + ticker.GOOD,
        'title = "fill the disk"',
    ),
    "nothing": ticker.run("true"),
    "stale": ticker.run(f"touch /opt/no-restart; {ticker.GOOD}"),
    "unready": ticker.run(ticker.GOOD) + '\n[upgrade.expect]\nservices = ["broken"]',
    "killed": ticker.run(ticker.GOOD),
}
SUITE = (
    ticker.SUITE
    + """

def test_the_machine_survives(upgraded):
    if upgraded.cell.upgrade.to == "killed":
        upgraded.machine.container.kill()
    assert upgraded.host.run("true").succeeded


def test_it_still_answers(upgraded):
    assert upgraded.host.run("true").succeeded


def test_it_runs_what_is_on_the_disk(upgraded):
    from upgradeproof.probes.stale import Stale
    stale = upgraded[Stale].get("ticker.service")
    assert stale is None, f"it still runs the old {stale.executables}"
"""
)
TESTS = SUITE.count("def test_")


@pytest.fixture(scope="module")
def project(new_project: Callable[[str], Project]) -> Project:
    project = new_project("faults")
    project.write("upgrade.toml", ticker.plan(project.token, UPGRADES, ready_timeout_s=3))
    project.write("test_ticker.py", SUITE)
    return project


@pytest.fixture(scope="module")
def ended(project: Project) -> Ended:
    """One run with two workers that has ended; every cell except one has a fault."""
    return project.pytest("-n", "2")


@pytest.fixture(scope="module")
def run(project: Project, ended: Ended) -> Run:
    assert ended.exit_status == 1, ended.output
    return project.result()


def failure(cell: Cell, state: str) -> str:
    """Return why a state was not reached, after checking that this is why its cell failed."""
    found = state_of(cell, state)
    assert (cell.verdict, found.verdict) == (Verdict.FAILED, Verdict.FAILED)
    reasons = [check.reason for check in cell.checks if check.verdict is Verdict.FAILED]
    assert reasons == [found.reason], "the first check that needs the state fails, and no other"
    return found.reason


def test_the_cell_without_a_fault_passes(run: Run) -> None:
    good = cell_of(run, "-good")
    assert [check.verdict for check in good.checks] == [Verdict.PASSED] * TESTS


def test_what_was_reached_before_the_fault_is_judged(run: Run) -> None:
    for name in ("-prompt", "-full", "-nothing", "-stale"):
        assert check_of(cell_of(run, name), "test_it_runs_before").verdict is Verdict.PASSED


def test_what_needs_the_state_after_the_fault_never_ran(run: Run) -> None:
    check = check_of(cell_of(run, "-nothing"), "test_it_is_the_new_one")
    assert check.verdict is Verdict.NEVER_RAN
    assert check.reason == (
        "upgraded was not reached: the upgrade to nothing did not happen, though every step"
        " succeeded"
    )


def test_a_step_that_hangs_on_a_prompt_is_ended_and_the_prompt_is_quoted(run: Run) -> None:
    assert failure(cell_of(run, "-prompt"), "upgraded") == (
        "the step 'ask' did not end in 2 s and was ended\n"
        "Unpacking\nReplace it? [y/N]\n"
        "To do: its last output is above: if it is a prompt, answer it in the plan"
    )


def test_a_full_disk_is_named(run: Run) -> None:
    reason = failure(cell_of(run, "-full"), "upgraded")
    assert reason.startswith("the step 'fill the disk' failed with exit status 1\n")
    assert "'/usr/lib/ticker/ballast.dpkg-new': failed to write (No space left on device)" in reason


def test_an_upgrade_that_does_nothing_fails(run: Run) -> None:
    assert failure(cell_of(run, "-nothing"), "upgraded") == (
        "the upgrade to nothing did not happen, though every step succeeded\n"
        "ticker: 1, where 2 was expected\n"
        "nothing changed that the releases name: neither a package nor the kernel\n"
        "To do: see the transcripts: held packages, unchanged sources"
    )


def test_a_service_that_still_runs_its_old_binary_fails_its_check_and_no_other(run: Run) -> None:
    stale = cell_of(run, "-stale")
    failed = {check.id: check.reason for check in stale.checks if check.verdict is Verdict.FAILED}
    assert list(failed) == ["test_ticker::test_it_runs_what_is_on_the_disk"]
    assert "/usr/lib/ticker/ticker" in next(iter(failed.values()))
    assert state_of(stale, "upgraded").verdict is Verdict.PASSED


def test_an_old_release_that_never_gets_ready_is_named(run: Run) -> None:
    assert failure(cell_of(run, "-unready"), "installed") == (
        "the old release is not in use (time limit: 3 s)\n"
        "broken is inactive\n"
        "To do: see the transcripts, and journal.log in the cell's evidence"
    )


def test_a_machine_that_dies_under_a_check_breaks_that_check(run: Run) -> None:
    killed = cell_of(run, "-killed")
    for test in ("test_the_machine_survives", "test_it_still_answers"):
        check = check_of(killed, test)
        first, details, advice = check.reason.splitlines()
        assert check.verdict is Verdict.BROKEN
        assert first.startswith("no shell can be started on upgradeproof-")
        assert details.endswith(" is not running")
        assert advice.endswith("was it stopped or killed?")
    assert check_of(killed, "test_it_is_the_new_one").verdict is Verdict.PASSED
    assert killed.verdict is Verdict.BROKEN


def test_every_error_is_reported_without_a_traceback(ended: Ended) -> None:
    assert "Traceback" not in ended.output
    assert "INTERNALERROR" not in ended.output
    assert "Error(" not in ended.output


def test_the_journal_of_a_machine_that_failed_is_saved(project: Project, run: Run) -> None:
    evidence = project.reports / "evidence" / cell_of(run, "-unready").id / "installed"
    assert "Started ticker.service" in (evidence / "journal.log").read_text(encoding="utf-8")


def test_nothing_is_left_running(project: Project, ended: Ended) -> None:
    assert project.containers() == []
