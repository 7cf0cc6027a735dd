"""Jobs run in parallel; an interruption ends all of them, and no process remains."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from upgradeproof.command import Commands, Completed
from upgradeproof.defects.parallel import run_all
from upgradeproof.errors import MachineError

CLEARS_UP = """
import signal, sys, time
open(sys.argv[1], "w").write("up")
try:
    time.sleep(60)
except KeyboardInterrupt:
    open(sys.argv[1], "w").write("cleared up")
"""
LIMIT_S = 60.0


def test_jobs_start_in_order_and_all_are_done() -> None:
    begun: list[int] = []
    cleared: list[str] = []
    jobs = [partial(begun.append, number) for number in range(5)]
    found = list(run_all(jobs, 1, Commands(), clear_up=lambda: cleared.append("!")))
    assert (begun, len(found), cleared) == ([0, 1, 2, 3, 4], 5, ["!"])


def test_as_many_run_at_a_time_as_there_are_workers() -> None:
    together = threading.Barrier(2)
    jobs = [partial(together.wait, LIMIT_S)] * 4
    assert len(list(run_all(jobs, 2, Commands(), clear_up=lambda: None))) == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_running_jobs_starts_no_other_and_clears_up(
    tmp_path: Path, number: signal.Signals
) -> None:
    commands, cleared = Commands(), []
    places = [tmp_path / name for name in ("one", "two", "three")]

    def job(path: Path) -> Completed:
        return commands.run([sys.executable, "-c", CLEARS_UP, str(path)], timeout_s=LIMIT_S)

    def interrupt() -> None:
        while not all(path.exists() and path.read_text() for path in places[:2]):
            threading.Event().wait(0.01)
        os.kill(os.getpid(), number)

    threading.Thread(target=interrupt, daemon=True).start()
    jobs = [partial(job, path) for path in places]
    with (
        pytest.raises(KeyboardInterrupt),
        closing(run_all(jobs, 2, commands, clear_up=lambda: cleared.append("!"))) as ended,
    ):
        list(ended)
    assert [path.read_text() for path in places[:2]] == ["cleared up", "cleared up"]
    assert (places[2].exists(), cleared) == (False, ["!"])


def test_signal_handlers_are_restored_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    list(run_all([lambda: None], 1, Commands(), clear_up=lambda: None))
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_process_that_ignores_an_interruption_is_killed(tmp_path: Path) -> None:
    commands, up = Commands(), tmp_path / "up"
    script = f"trap '' INT; echo up >{up}; while :; do sleep 1; done"
    found: list[Completed] = []
    thread = threading.Thread(
        target=lambda: found.append(commands.run(["sh", "-c", script], timeout_s=LIMIT_S))
    )
    thread.start()
    while not up.exists():
        threading.Event().wait(0.01)
    commands.end(0.1)
    thread.join(LIMIT_S)
    assert [done.exit_status for done in found] == [-signal.SIGKILL]


def test_no_command_starts_after_the_end(tmp_path: Path) -> None:
    commands = Commands()
    commands.end(0.0)
    with pytest.raises(MachineError, match="ended before it began"):
        commands.run(["touch", str(tmp_path / "file")], timeout_s=LIMIT_S)
