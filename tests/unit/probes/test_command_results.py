"""Scripts of the plan's author: limited, run as a user without a terminal, and masked."""

from __future__ import annotations

import subprocess
import time

from upgradeproof.plan import ExpectedCommand
from upgradeproof.probes import CommandInput, ProbeInputs
from upgradeproof.probes.command_results import CommandResult, CommandResults
from upgradeproof.probes.data import WrittenData
from upgradeproof.probes.secrets import masked_text
from upgradeproof.probes.supervised import MAXIMUM_OUTPUT_BYTES
from upgradeproof.probes.text import new_lines


def ran(run: str, **keys: object) -> CommandResult:
    """Return the result of a command that runs on this host as on a machine."""
    command = ExpectedCommand.model_validate({"id": "a", "run": run, **keys})
    given = CommandInput(
        id="a", script=command.script, user=command.user, contains=command.contains,
        mask=command.mask, timeout_s=command.timeout_s,
    )  # fmt: skip
    inputs = ProbeInputs(runs=(given,))
    return CommandResults.parse(output(CommandResults.script(inputs)), inputs)["a"]


def output(script: str) -> str:
    return subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60, check=True
    ).stdout


def test_status_output_and_errors_are_read() -> None:
    assert ran("echo out; echo 'err 1' >&2; echo >&2; exit 3") == CommandResult(
        exit_status=3, stdout="out\n", stderr=("err 1",)
    )


def test_a_pipeline_fails_with_its_first_command() -> None:
    assert ran("false | cat").exit_status == 1
    assert ran("yes | head -1").exit_status == 0


def test_a_script_has_neither_input_nor_terminal_and_a_plain_environment() -> None:
    found = ran('read a; echo "$a$LC_ALL"; { true </dev/tty; } 2>/dev/null || echo none; pwd')
    assert found.stdout == "\nnone\n/\n"


def test_a_script_that_does_not_end_is_killed_with_its_children() -> None:
    began = time.monotonic()
    found = ran("sleep 53.25 & sleep 53.25", timeout_s=1)
    assert (found.exit_status, found.problem) == (None, "it did not end in 1 s")
    assert time.monotonic() - began < 20
    assert "sleep\x0053.25" not in output("cat /proc/[0-9]*/cmdline 2>/dev/null; :")


def test_background_processes_of_a_script_are_not_waited_for() -> None:
    began = time.monotonic()
    assert ran("sleep 20 & echo begun").stdout == "begun\n"
    assert time.monotonic() - began < 15


def test_an_endless_output_is_truncated_and_reported() -> None:
    found = ran(f"head -c {MAXIMUM_OUTPUT_BYTES + 1} /dev/zero | tr '\\0' x")
    assert found.problem == f"it prints more than {MAXIMUM_OUTPUT_BYTES} bytes"
    assert len(found.stdout) == MAXIMUM_OUTPUT_BYTES


def test_a_missing_user_is_a_problem() -> None:
    assert ran("true", user="no-such-user").problem == "there is no user no-such-user"


def test_masks_are_applied_before_anything_is_stored() -> None:
    found = ran(
        "echo at 12:03 of 7; echo password=hunter2; echo 'at 12:04' >&2; echo gone 1 >&2",
        mask=["[0-9]+:[0-9]+", "^gone.*$"],
        contains="12:03",
    )
    assert found.stdout.startswith("at (masked) of 7\npassword=(secret #")
    assert found.stderr == ("at (masked)",)
    assert found.contained
    assert not ran("echo a", contains="b").contained


def test_output_that_is_not_utf_8_is_read() -> None:
    assert ran(r"printf 'a\377\033b'").stdout == "a\ufffd\ufffdb"


def test_a_missing_result_is_a_problem() -> None:
    inputs = ProbeInputs(reads=(CommandInput(id="a", script="true"),))
    for text in ("", "job\tx", "job\t7\t0\t0\t\t0\t", "job\t0"):
        found = WrittenData.parse(text, inputs)["a"]
        assert found.exit_status is None
        assert found.problem


def test_without_a_plan_nothing_is_run() -> None:
    assert CommandResults.script(ProbeInputs()) == WrittenData.script(ProbeInputs()) == ":"
    assert CommandResults.parse("", ProbeInputs()) == {}


def test_new_lines_are_those_that_differ_in_more_than_numbers() -> None:
    assert new_lines(["took 3 s"], ["took 4 s", "a warning"]) == ["a warning"]


def test_a_possible_secret_in_a_text_is_replaced_by_a_mark() -> None:
    text = "user = a\ndb_password: x y\nfetch https://a:b@c/\ntoken = 1\ntoken = 1"
    lines = masked_text(text).splitlines()
    assert lines[0] == "user = a"
    assert lines[1].startswith("db_password: (secret #")
    assert "b@c" not in lines[2]
    assert lines[3] == lines[4]
    assert "hunter" not in masked_text("\n".join(f"pass{n}=hunter{n}" for n in range(80)))
