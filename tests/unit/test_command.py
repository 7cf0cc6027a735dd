"""A command on this host always has a time limit, and returns a result or raises one error."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from upgradeproof.command import Completed, run
from upgradeproof.errors import CommandTimeoutError, MachineError

LIMIT_S = 10.0


def sh(script: str) -> list[str]:
    return ["sh", "-c", script]


def test_status_output_and_duration_are_returned() -> None:
    done = run(sh("echo out; echo err >&2"), timeout_s=LIMIT_S)
    assert (done.exit_status, done.ok) == (0, True)
    assert (done.stdout, done.stderr) == (b"out\n", b"err\n")
    assert done.command == "sh -c 'echo out; echo err >&2'"
    assert 0 < done.duration_s < LIMIT_S


def test_a_command_runs_in_its_folder(tmp_path: Path) -> None:
    assert run(["pwd"], timeout_s=LIMIT_S, cwd=tmp_path).text == str(tmp_path)


def test_a_command_reads_its_input() -> None:
    assert run(["cat"], timeout_s=LIMIT_S, stdin=bytes(range(256))).stdout == bytes(range(256))


def test_a_command_that_does_not_read_its_input_is_no_error() -> None:
    assert run(["true"], timeout_s=LIMIT_S, stdin=bytes(1 << 20)).ok


def test_variables_are_added_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "inherited")
    done = run(sh("echo $OURS $THEIRS"), timeout_s=LIMIT_S, env={"THEIRS": "added"})
    assert done.text == "inherited added"


def test_a_command_that_fails_is_an_error_with_its_last_lines() -> None:
    with pytest.raises(MachineError) as caught:
        run(sh("seq 50; echo why >&2; exit 3"), timeout_s=LIMIT_S)
    lines = str(caught.value).splitlines()
    assert lines[0] == "`sh -c 'seq 50; echo why >&2; exit 3'` failed with exit status 3"
    assert lines[1:] == [*map(str, range(22, 51)), "why"]


def test_a_failed_command_is_no_error_without_check() -> None:
    done = run(sh("exit 3"), timeout_s=LIMIT_S, check=False)
    assert (done.exit_status, done.ok) == (3, False)


def test_a_missing_program_is_an_error() -> None:
    with pytest.raises(MachineError) as caught:
        run(["no-such-program", "-x"], timeout_s=LIMIT_S)
    assert str(caught.value) == "no-such-program is not installed\nTo do: run `upgradeproof doctor`"


def test_a_file_that_is_no_program_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "readme"
    path.write_text("not a program")
    with pytest.raises(MachineError) as caught:
        run([str(path)], timeout_s=LIMIT_S)
    assert str(caught.value) == f"{path} can't be run: Permission denied"


def test_a_time_out_quotes_the_output() -> None:
    with pytest.raises(CommandTimeoutError) as caught:
        run(sh("echo so far; echo why >&2; sleep 60"), timeout_s=0.2)
    assert str(caught.value) == (
        "`sh -c 'echo so far; echo why >&2; sleep 60'` did not end in 0.2 s\nso far\nwhy"
    )


def test_a_time_out_ends_the_whole_group(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(CommandTimeoutError):
        run(sh(f"sh -c 'trap \"\" TERM; echo $$ >{pid}; sleep 60 & wait' & wait"), timeout_s=0.3)
    stat = Path(f"/proc/{pid.read_text().strip()}/stat")
    deadline = time.monotonic() + 5
    while stat.exists() and stat.read_text().rpartition(") ")[2][0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_that_left_the_group_does_not_delay_a_time_out() -> None:
    started = time.monotonic()
    with pytest.raises(CommandTimeoutError) as caught:
        run(sh("echo so far; setsid sleep 5 & wait"), timeout_s=0.2)
    assert time.monotonic() - started < 3
    assert caught.value.details == "so far"


def test_commands_run_side_by_side() -> None:
    threads = [
        threading.Thread(target=run, args=[sh("sleep 0.4")], kwargs={"timeout_s": LIMIT_S})
        for _ in range(5)
    ]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 1.6


def test_text_is_stripped_and_bytes_that_are_no_utf_8_are_replaced() -> None:
    done = Completed(command="", exit_status=0, stdout=b" \xff a\n", stderr=b"", duration_s=0)
    assert done.text == "\ufffd a"


def test_a_tail_leaves_out_an_empty_stream() -> None:
    done = Completed(command="", exit_status=0, stdout=b"\n", stderr=b"err\n", duration_s=0)
    assert done.tail == "err"


INTERRUPTED = """
from upgradeproof.command import run
run(["sh", "-c", "kill -INT $PPID"], timeout_s=20)
"""


def test_an_interruption_counts_where_the_command_has_ended_already() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.stderr.splitlines()[-1] == "KeyboardInterrupt"
    assert "ProcessLookupError" not in done.stderr
